import { join } from 'node:path';
import { type CommandOptions, type Ended, type RunningCommand, runCommand, startCommand } from './command_line.js';
import { makeFolder, projectDir } from './folder.js';
import { makeScript } from './programs.js';

/** The operators' program, as `npm run spa_ctl` runs it. */
export const SPA_CTL = join(projectDir, 'scripts', 'spa_ctl.mjs');

export type SpaCtl = {
  /** XDG_CONFIG_HOME of the program. */
  configHome: string;
  run(args: readonly string[], options?: CommandOptions & { stdin?: string | Buffer }): Promise<Ended>;
  /** The test writes and closes its stdin. */
  start(args: readonly string[]): RunningCommand;
};

/** The program with a config folder of its own and nothing else of the test's environment. */
export function createSpaCtl(environment: () => Readonly<Record<string, string | undefined>> = () => ({})): SpaCtl {
  const configHome = makeFolder();
  const env = () => ({
    XDG_CONFIG_HOME: configHome,
    SVODKA_URL: undefined,
    SVODKA_TOKEN: undefined,
    // The administrator's token is in no folder that the program looks into by itself.
    SVODKA_DATA_DIR: configHome,
    ...environment(),
  });
  return {
    configHome,
    run: (args, options = {}) => runCommand(SPA_CTL, args, { ...options, env: { ...env(), ...options.env } }),
    start: (args) => startCommand(SPA_CTL, args, { env: env() }),
  };
}

/** Adds an executable for tasks: `until FILE` runs until there is such a file. */
export function addExecutable(binDir: string): void {
  makeScript('until', ['echo begun', 'while [ ! -e "$1" ]; do sleep 0.1; done', 'echo done'], binDir);
}
