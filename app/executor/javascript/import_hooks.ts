import type { ResolveHook } from 'node:module';

/** The query that tells the modules of one task from those of the task before. */
export const TASK_QUERY = '?svodka-task=';

/**
 * A module that a script's module imports is the task's own too: nothing that a module keeps is carried from one task to
 * the next, and a file that was changed is read anew.
 */
export const resolve: ResolveHook = async (specifier, context, next) => {
  const found = await next(specifier, context);
  const at = context.parentURL?.indexOf(TASK_QUERY) ?? -1;
  if (at === -1 || !found.url.startsWith('file:') || found.url.includes('?')) return found;
  return { ...found, url: `${found.url}${context.parentURL?.slice(at)}` };
};
