import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import { splitList } from '../../../http/answers/etags.js';

/** What a client expects of a file: the headers as it sent them. */
export type Precondition = {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
};

export function preconditionOf({ req }: Context): Precondition | undefined {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = req.headers;
  return ifMatch === undefined && ifNoneMatch === undefined ? undefined : { ifMatch, ifNoneMatch };
}

function names(header: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  return header.trim() === '*' || splitList(header).includes(etag);
}

function failed(): ServiceError {
  return new ServiceError('PRECONDITION_FAILED', 'The file is not in the state that the request expects.');
}

/** `etag`: undefined if there is no file. @throws ServiceError PRECONDITION_FAILED */
export function requireIfMatch({ ifMatch }: Precondition, etag: string | undefined): void {
  if (ifMatch !== undefined && !names(ifMatch, etag)) throw failed();
}

/** The same before a change, for which If-None-Match is a condition too. @throws ServiceError PRECONDITION_FAILED */
export function requireForChange(precondition: Precondition, etag: string | undefined): void {
  requireIfMatch(precondition, etag);
  if (precondition.ifNoneMatch !== undefined && names(precondition.ifNoneMatch, etag)) throw failed();
}

/** Whether the client has the file already. */
export function isNotModified({ ifNoneMatch }: Precondition, etag: string): boolean {
  return ifNoneMatch !== undefined && names(ifNoneMatch, etag);
}
