import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLED_SCRIPTS } from './bundled_scripts.js';
import { type ExportedNames, exportedNames, pythonNames } from './exported_functions.js';
import type { ScriptFolders } from './find_script.js';

/** A file of scripts. `functions`: what it exports by name; undefined where only running it would tell. */
export type ScriptModule = { module: string; functions: readonly string[] | undefined; isBundled: boolean };

/** `isComplete`: no file was left out, since there are too many. */
export type ScriptListing = { modules: ScriptModule[]; isComplete: boolean };

/** Reading one takes about a millisecond. */
const MAX_FILES = 200;
const MAX_DEPTH = 8;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FILE = /^([A-Za-z_][A-Za-z0-9_]*)\.(?:mjs|js|py)$/;

type ScriptFile = { file: string; module: string };

/** Files below a folder, as many as there is room for; links are not followed. `skips`: folders of the top level. */
async function findFiles(
  folder: string,
  skips: ReadonlySet<string>,
  parents: readonly string[] = [],
): Promise<ScriptFile[]> {
  if (parents.length >= MAX_DEPTH) return [];
  const entries = await readdir(join(folder, ...parents), { withFileTypes: true }).catch(() => []);
  const found: ScriptFile[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (found.length > MAX_FILES) break;
    const [, name] = FILE.exec(entry.name) ?? [];
    if (entry.isFile() && name !== undefined) {
      found.push({ file: join(folder, ...parents, entry.name), module: [...parents, name].join('.') });
    } else if (entry.isDirectory() && NAME.test(entry.name) && !(parents.length === 0 && skips.has(entry.name))) {
      found.push(...(await findFiles(folder, skips, [...parents, entry.name])));
    }
  }
  return found;
}

/** Undefined for files that cannot be read in their language; without python3, for all of that. */
async function namesOf(files: readonly ScriptFile[], searchPath: string): Promise<(ExportedNames | undefined)[]> {
  const python = files.map(({ file }) => file).filter((file) => file.endsWith('.py'));
  const known = python.length === 0 ? [] : await pythonNames(python, searchPath).catch(() => []);
  return Promise.all(
    files.map(({ file }) =>
      file.endsWith('.py') ? known[python.indexOf(file)] : exportedNames(file, searchPath).catch(() => undefined),
    ),
  );
}

function toModule({ module }: ScriptFile, names: ExportedNames, isBundled: boolean): ScriptModule {
  const functions = names === 'unknown' ? undefined : [...names].filter((name) => NAME.test(name)).sort();
  return { module, functions, isBundled };
}

/** The scripts that come with Svodka. */
export function bundledModules(): ScriptModule[] {
  return [...BUNDLED_SCRIPTS].map((script) => {
    const [module = '', name = ''] = script.split('.');
    return { module, functions: [name], isBundled: true };
  });
}

/** The scripts that there are, by module: those that come with Svodka, and those of the operator. */
export async function listScripts({ scriptDir, bundledDir, searchPath }: ScriptFolders): Promise<ScriptListing> {
  const modules = bundledModules();
  const bundledNames = new Set(modules.map(({ module }) => module));
  // The folder beside a script that comes with Svodka has its parts.
  const skips = scriptDir === bundledDir ? bundledNames : new Set<string>();
  const files = (await findFiles(scriptDir, skips)).filter(({ module }) => !bundledNames.has(module));
  const shown = files.slice(0, MAX_FILES);
  const names = await namesOf(shown, searchPath);
  for (const [place, file] of shown.entries()) {
    const found = names[place];
    if (found !== undefined) modules.push(toModule(file, found, false));
  }
  return { modules, isComplete: shown.length === files.length };
}
