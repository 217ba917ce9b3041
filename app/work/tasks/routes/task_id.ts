import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';

/** @throws ServiceError TASK_NOT_FOUND when the path has no id */
export function taskIdOf({ params }: Context & { params: Record<string, string> }): number {
  const text = params['id'] ?? '';
  const id = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(id)) return id;
  throw new ServiceError('TASK_NOT_FOUND', 'No task has this id.');
}
