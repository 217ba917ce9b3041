import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { LRUCache } from 'lru-cache';
import { type ExportedNames, exportedNames } from './exported_functions.js';

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

/**
 * The scripts that come with Svodka, which every user may run. Named one by one: their folder may also be the one that
 * operators put their own scripts into.
 */
const BUNDLED_SCRIPTS: ReadonlySet<string> = new Set(['render.scene']);

const SCRIPT_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$/;
const MAX_SCRIPT_CHARACTERS = 512;
const ENDINGS: Readonly<Record<string, Language>> = { '.mjs': 'javascript', '.js': 'javascript', '.py': 'python' };
const MAX_KEPT_FILES = 1_000;

type Candidate = { file: string; state: string; language: Language };

/** The file, with what tells its state from a later one; undefined when there is none inside the folder. */
async function candidate(root: string, path: string, ending: string): Promise<Candidate | undefined> {
  try {
    const file = await realpath(`${path}${ending}`);
    const inside = await realpath(root);
    if (!file.startsWith(inside + sep)) return undefined;
    const found = await stat(file, { bigint: true });
    if (!found.isFile()) return undefined;
    return { file, state: `${found.ino} ${found.size} ${found.mtimeNs}`, language: ENDINGS[ending] as Language };
  } catch {
    return undefined;
  }
}

/**
 * Finds scripts below `scriptDir`, and those that come with Svodka below `bundledDir`, which go first. Links are followed
 * inside the folder only.
 */
export function createScriptFinder({ scriptDir, bundledDir, searchPath }: ScriptFolders): ScriptFinder {
  const known = new LRUCache<string, { state: string; names: ExportedNames }>({ max: MAX_KEPT_FILES });

  async function namesOf({ file, state }: Candidate): Promise<ExportedNames> {
    const kept = known.get(file);
    if (kept?.state === state) return kept.names;
    const names = await exportedNames(file, searchPath);
    known.set(file, { state, names });
    return names;
  }

  async function findFile(folder: string, parts: readonly string[]): Promise<Candidate | undefined> {
    const path = join(folder, ...parts);
    const found = (await Promise.all(Object.keys(ENDINGS).map((ending) => candidate(folder, path, ending)))).filter(
      (each) => each !== undefined,
    );
    if (found.length > 1) {
      throw new ScriptNotFound(`More than one file is named ${parts.join('/')}: the ending must be the only one.`);
    }
    return found[0];
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
      for (const folder of new Set([bundledDir, scriptDir])) {
        const found = await findFile(folder, parts);
        if (found === undefined) continue;
        await requireFunction(found, functionName, parts.join('/'));
        return {
          file: found.file,
          functionName,
          language: found.language,
          isBundled: isBundled(script, folder),
          folder,
        };
      }
      throw new ScriptNotFound(`There is no file ${parts.join('/')} with the ending .mjs, .js or .py.`);
    },
  };
}
