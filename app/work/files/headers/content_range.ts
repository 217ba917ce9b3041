import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';

/** A part of a file: bytes `first` to `last`, inclusive. `total`: undefined if the client does not know it yet. */
export type Part = { first: number; last: number; total: number | undefined };

export function invalidHeader(name: string, detail: string): ServiceError {
  return new ServiceError('INVALID_INPUT', '1 rule is broken. Nothing was stored.', {
    violations: [{ pointer: `/headers/${name}`, code: 'NOT_ALLOWED', detail }],
  });
}

/**
 * Reads Content-Range; undefined without the header. `length`: the announced length of the body.
 * @throws ServiceError INVALID_INPUT
 */
export function readContentRange(ctx: Context, length: number | undefined): Part | undefined {
  const header = ctx.get('Content-Range');
  if (header === '') return undefined;
  const [, firstText, lastText, totalText] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(header.trim()) ?? [];
  const [first, last] = [Number(firstText), Number(lastText)];
  const total = totalText === '*' ? undefined : Number(totalText);
  if (totalText === undefined || last < first || (total !== undefined && last >= total)) {
    throw invalidHeader('Content-Range', 'must be like "bytes 0-99/200" or "bytes 0-99/*"');
  }
  if (length !== undefined && length !== last - first + 1) {
    throw invalidHeader('Content-Range', `names ${last - first + 1} bytes, and the body has ${length}`);
  }
  return { first, last, total };
}
