/**
 * The scripts that come with Svodka, which every user may run. Named one by one: their folder may also be the one that
 * operators put their own scripts into.
 */
export const BUNDLED_SCRIPTS: ReadonlySet<string> = new Set(['render.scene']);
