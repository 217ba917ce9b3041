import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { LRUCache } from 'lru-cache';
import { BUNDLED_SCRIPTS } from './bundled_scripts.js';
import { type ExportedNames, exportedNames } from './exported_functions.js';
import { createKeptPlaces, stateText } from './kept_places.js';

export type Language = 'javascript' | 'python';

/** A script that exists. `isBundled`: it comes with Svodka. */
export type FoundScript = {
  file: string;
  functionName: string;
  language: Language;
  isBundled: boolean;
  folder: string;
};

/** Why a dotted path names no script; the message is for users. */
export class ScriptNotFound extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScriptNotFound';
  }
}

export type ScriptFolders = {
  scriptDir: string;
  /** Of the scripts that come with Svodka. */
  bundledDir: string;
  /** A PATH, where python3 is looked for. */
  searchPath: string;
};

export type ScriptFinder = {
  /** `tests.api.run` -> the function `run` of `tests/api.{mjs,js,py}`. @throws ScriptNotFound */
  find(script: string): Promise<FoundScript>;
};

const SCRIPT_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$/;
const MAX_SCRIPT_CHARACTERS = 512;
const ENDINGS: Readonly<Record<string, Language>> = { '.mjs': 'javascript', '.js': 'javascript', '.py': 'python' };
const MAX_KEPT_FILES = 1_000;

/** `state` tells the file from a later one. `isDirect`: no link inside the folder leads to it. */
type Candidate = { file: string; folder: string; state: string; language: Language; isDirect: boolean };

/** Undefined when there is no such file inside the folder. */
async function candidate(folder: string, parts: readonly string[], ending: string): Promise<Candidate | undefined> {
  try {
    const file = await realpath(`${join(folder, ...parts)}${ending}`);
    const inside = await realpath(folder);
    if (!file.startsWith(inside + sep)) return undefined;
    const found = await stat(file, { bigint: true });
    if (!found.isFile()) return undefined;
    const isDirect = file === `${join(inside, ...parts)}${ending}`;
    return { file, folder, state: stateText(found), language: ENDINGS[ending] as Language, isDirect };
  } catch {
    return undefined;
  }
}

/** The folders on the way to a file: `a`, `a/b` for `['b', 'c']` below `a`. */
function foldersTo(folder: string, parts: readonly string[]): string[] {
  return parts.map((_, depth) => join(folder, ...parts.slice(0, depth)));
}

/**
 * Finds scripts below `scriptDir`, and those that come with Svodka below `bundledDir`, which go first. Links are followed
 * inside the folder only.
 * @param settledMs as createKeptPlaces takes it
 */
export function createScriptFinder(
  { scriptDir, bundledDir, searchPath }: ScriptFolders,
  settledMs?: number,
): ScriptFinder {
  const folders = [...new Set([bundledDir, scriptDir])];
  const places = createKeptPlaces<Candidate>(settledMs);
  const known = new LRUCache<string, { state: string; names: ExportedNames }>({ max: MAX_KEPT_FILES });

  async function namesOf({ file, state }: Candidate): Promise<ExportedNames> {
    const kept = known.get(file);
    if (kept?.state === state) return kept.names;
    const names = await exportedNames(file, searchPath);
    known.set(file, { state, names });
    return names;
  }

  async function findIn(folder: string, parts: readonly string[]): Promise<Candidate | undefined> {
    const candidates = await Promise.all(Object.keys(ENDINGS).map((ending) => candidate(folder, parts, ending)));
    const found = candidates.filter((each) => each !== undefined);
    if (found.length > 1) {
      throw new ScriptNotFound(`More than one file is named ${parts.join('/')}: the ending must be the only one.`);
    }
    return found[0];
  }

  async function findFile(parts: readonly string[]): Promise<Candidate | undefined> {
    const key = parts.join('/');
    const kept = places.get(key);
    if (kept !== undefined) return kept;
    const sinceMs = Date.now();
    const looked: string[] = [];
    for (const folder of folders) {
      looked.push(...foldersTo(folder, parts));
      const found = await findIn(folder, parts);
      if (found === undefined) continue;
      // Links inside the folder would lead to more that the place depends on.
      if (found.isDirect) places.keep(key, found, { paths: [...looked, found.file], sinceMs });
      return found;
    }
    return undefined;
  }

  async function requireFunction(found: Candidate, name: string, shown: string): Promise<void> {
    let names: ExportedNames;
    try {
      names = await namesOf(found);
    } catch (reason) {
      const isMissing = found.language === 'python' && (reason as NodeJS.ErrnoException).code === 'ENOENT';
      throw new ScriptNotFound(
        isMissing ? 'There is no python3 to run it.' : `${shown} cannot be read as ${found.language}.`,
      );
    }
    if (names !== 'unknown' && !names.has(name)) throw new ScriptNotFound(`${shown} has no function ${name}.`);
  }

  const isBundled = (script: string, folder: string) => folder === bundledDir && BUNDLED_SCRIPTS.has(script);

  return {
    async find(script) {
      if (script.length > MAX_SCRIPT_CHARACTERS || !SCRIPT_PATTERN.test(script)) {
        throw new ScriptNotFound(
          'A script is named by parts of letters, digits and _ with dots between: folder.file.function.',
        );
      }
      const parts = script.split('.');
      const functionName = parts.pop() as string;
      const found = await findFile(parts);
      if (found === undefined) {
        throw new ScriptNotFound(`There is no file ${parts.join('/')} with the ending .mjs, .js or .py.`);
      }
      await requireFunction(found, functionName, parts.join('/'));
      const { file, language, folder } = found;
      return { file, functionName, language, isBundled: isBundled(script, folder), folder };
    },
  };
}
