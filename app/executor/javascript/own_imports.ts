import { builtinModules } from 'node:module';

/** A script that is longer is not looked through. */
const MAX_CHARACTERS = 256 * 1024;
const STATIC_IMPORT = /^[ \t]*import\b(?:[\w\s{},*$]*\bfrom)?\s*(?:'([^'\n]+)'|"([^"\n]+)")/gm;
const BUILTINS: ReadonlySet<string> = new Set(builtinModules);
/** Ways to import that a text does not show. */
const HIDDEN = /\beval\b|\bFunction\b|['"`](?:node:)?(?:vm|module)['"`]/;

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || BUILTINS.has(specifier);
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/**
 * Whether a script may import modules of its own, beside those of Node. Errs on that side: every word `import` and `from "`
 * that belongs to no static import of one of Node's modules counts, in comments too.
 */
export function mayImportOwn(text: string): boolean {
  if (text.length > MAX_CHARACTERS || HIDDEN.test(text)) return true;
  const found = [...text.matchAll(STATIC_IMPORT)];
  if (!found.every(([, single, double]) => isBuiltin(single ?? double ?? ''))) return true;
  const sourced = found.filter(([whole]) => /\bfrom\s*['"]/.test(whole)).length;
  return countOf(text, /\bimport\b/g) > found.length || countOf(text, /\bfrom\s*['"`]/g) > sourced;
}
