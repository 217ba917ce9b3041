import { versionsIn } from '../http/answers/etags.js';
import type { StateOf } from '../http/answers/kept_answers.js';
import { isListQuestion } from './citizens/model/list_etag.js';

/**
 * The versions of an import that If-Match allows, by the ETags of its list of citizens; undefined when every version is
 * allowed. The time of creation never changes, so it may be read before the change is made.
 */
export async function expectedVersions(
  importId: number,
  ifMatch: string | undefined,
  stateOf: StateOf,
): Promise<number[] | undefined> {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  return versionsIn(ifMatch, importId, await stateOf(importId), isListQuestion);
}
