import type { Context } from 'koa';
import rangeParser from 'range-parser';
import { ServiceError } from '../../errors.js';
import { splitList } from './etags.js';

/** Both ends are included. */
export type ByteSpan = { start: number; end: number };

/** Whether the client's part belongs to these bytes; a date is not precise enough (RFC 9110 13.1.5). */
function mayResume(ctx: Context, etag: string): boolean {
  const ifRange = ctx.get('If-Range');
  return ifRange === '' || splitList(ifRange)[0] === etag;
}

/**
 * The range that the client asks for; undefined for all bytes, also if it asks for several ranges.
 * @throws ServiceError RANGE_NOT_SATISFIABLE
 */
export function spanOf(ctx: Context, size: number, etag: string): ByteSpan | undefined {
  const header = ctx.get('Range');
  if (ctx.method !== 'GET' || header === '' || !mayResume(ctx, etag)) return undefined;
  const ranges = rangeParser(size, header, { combine: true });
  if (ranges === -1) {
    throw new ServiceError('RANGE_NOT_SATISFIABLE', `The file has ${size} bytes, and none of them is in the range.`, {
      headers: { 'Content-Range': `bytes */${size}` },
    });
  }
  return ranges !== -2 && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
}
