import { ServiceError } from '../../errors.js';
import { coalescePerTurn } from '../../http/answers/coalesce.js';
import { createScriptFinder, type FoundScript, type ScriptFolders, ScriptNotFound } from './find_script.js';
import { bundledModules, listScripts, type ScriptListing } from './list_scripts.js';

export type { ScriptListing } from './list_scripts.js';

export type ScriptsService = {
  /** The script that a dotted path names, as it is on the disk now. @throws ServiceError INVALID_INPUT */
  require(script: string): Promise<FoundScript>;
  /** The scripts that there are, or only those that come with Svodka. Concurrent callers share one look at the disk. */
  list(onlyBundled: boolean): Promise<ScriptListing>;
};

export function createScriptsService(folders: ScriptFolders): ScriptsService {
  const finder = createScriptFinder(folders);
  // Begins at the end of the turn, so that nobody gets an answer older than its request.
  const find = coalescePerTurn((script: string) => new Promise(setImmediate).then(() => finder.find(script)));

  let listing: Promise<ScriptListing> | undefined;

  function listAll(): Promise<ScriptListing> {
    listing ??= listScripts(folders).finally(() => {
      listing = undefined;
    });
    return listing;
  }

  return {
    async list(onlyBundled) {
      return onlyBundled ? { modules: bundledModules(), isComplete: true } : listAll();
    },

    async require(script) {
      try {
        return await find(script);
      } catch (reason) {
        if (!(reason instanceof ScriptNotFound)) throw reason;
        throw new ServiceError('INVALID_INPUT', `${reason.message} Nothing was stored.`, {
          violations: [{ pointer: '/script', code: 'NO_SUCH_SCRIPT', detail: reason.message }],
          members: { script: [reason.message] },
        });
      }
    },
  };
}
