import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import { isUuid } from '../../cameras/model/uuid.js';

/** Of a path. What is no UUID is the id of no case. @throws ServiceError CASE_NOT_FOUND */
export function caseIdOf({ params }: Context & { params: Record<string, string> }): string {
  const id = params['case_id'] ?? '';
  if (isUuid(id)) return id.toLowerCase();
  throw new ServiceError('CASE_NOT_FOUND', 'No case has this id.');
}
