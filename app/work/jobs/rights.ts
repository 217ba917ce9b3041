import { ServiceError } from '../../errors.js';
import { hasOneOf } from '../../users/model/roles.js';
import type { Caller } from '../../users/repository.js';
import type { Job } from './job.js';

/** Who may have tasks at all. */
export const TASK_USERS = { roles: ['user', 'operator'] } as const;
/** Who may run any script, and see and change the tasks of everybody. */
export const OPERATORS = { roles: ['operator'] } as const;

export function isOperator(caller: Caller): boolean {
  return hasOneOf(caller.roles, OPERATORS.roles);
}

/** Whose jobs somebody sees; undefined for those of everybody. */
export function visibleUser(caller: Caller): string | undefined {
  return isOperator(caller) ? undefined : caller.username;
}

/** Somebody else's job is answered as one that does not exist. @throws ServiceError TASK_NOT_FOUND */
export function requireVisible(caller: Caller, job: Pick<Job, 'user'>): void {
  if (isOperator(caller) || job.user === caller.username) return;
  throw new ServiceError('TASK_NOT_FOUND', 'No task has this id.');
}
