import type { FileHandle } from 'node:fs/promises';
import type { Context } from 'koa';
import { type ByteSpan, spanOf } from '../../../http/answers/byte_range.js';
import { onAnswerOver } from '../../../http/requests/answer_over.js';
import type { Route } from '../../../http/route.js';
import { signedInCaller } from '../../../users/rights.js';
import { digestField } from '../headers/digest_field.js';
import { isNotModified, preconditionOf, requireIfMatch } from '../headers/preconditions.js';
import { etagOf, type FilesService, fileNotFound, type OpenedFile } from '../service.js';
import { filePathOf } from './file_path.js';

/** Read and sent at once; 64 KiB, Node's default, take four times as many turns. */
const PIECE_BYTES = 256 * 1024;
/** Whatever a file calls itself, a browser must not run it in our name. */
const CONTENT_SECURITY_POLICY = "sandbox; default-src 'none'";
const CONTENT_TYPE = 'application/octet-stream';

function sendBytes(ctx: Context, file: FileHandle, { start, end }: ByteSpan): void {
  const stream = file.createReadStream({ start, end, highWaterMark: PIECE_BYTES });
  ctx.body = stream;
  onAnswerOver(ctx.res, () => stream.destroy());
  ctx.set('Content-Type', CONTENT_TYPE);
  ctx.length = end - start + 1;
}

/** Returns whether the response takes the file, and closes it. */
function answer(ctx: Context, { file, row, sha256 }: OpenedFile): boolean {
  const etag = etagOf(sha256);
  const precondition = preconditionOf(ctx);
  if (precondition !== undefined) requireIfMatch(precondition, etag);
  ctx.set({
    ETag: etag,
    'Cache-Control': 'private, no-cache',
    'Last-Modified': new Date(row.modified * 1_000).toUTCString(),
    'Accept-Ranges': 'bytes',
    'Repr-Digest': digestField(sha256),
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'Content-Disposition': 'attachment',
  });
  if (precondition !== undefined && isNotModified(precondition, etag)) {
    ctx.status = 304;
    return false;
  }
  const span = spanOf(ctx, row.size, etag);
  ctx.status = span === undefined ? 200 : 206;
  ctx.set('Content-Type', CONTENT_TYPE);
  if (span !== undefined) ctx.set('Content-Range', `bytes ${span.start}-${span.end}/${row.size}`);
  if (ctx.method === 'HEAD' || row.size === 0) {
    if (ctx.method !== 'HEAD') ctx.body = Buffer.alloc(0);
    ctx.length = row.size;
    return false;
  }
  sendBytes(ctx, file, span ?? { start: 0, end: row.size - 1 });
  return true;
}

export function getRoute(service: FilesService): Omit<Route, 'access' | 'tag' | 'path' | 'pathParameters'> {
  return {
    method: 'get',
    takesRest: true,
    summary: 'A file, or a range of it',
    description:
      'The ETag is the SHA-256 of the file in hexadecimal digits, in quotation marks. `Upload-Offset`, which is also sent with ' +
      'a 404, is how many bytes there are of an upload of this path that the caller has begun. HEAD is the way to ask for it.',
    headers: [
      { name: 'Range', description: 'One range of bytes; several ranges are answered with the whole file.' },
      { name: 'If-Range', description: 'An ETag: for another file, the range is ignored.' },
      { name: 'If-Match', description: 'ETags: 412 if the file has none of them.' },
      { name: 'If-None-Match', description: 'ETags: 304 if the file has one of them.' },
    ],
    success: {
      status: 200,
      description: 'The file.',
      otherTypes: { [CONTENT_TYPE]: { schema: {} } },
    },
    otherAnswer: [
      { status: 206, description: 'The range of the file.', otherTypes: { [CONTENT_TYPE]: { schema: {} } } },
      { status: 304, description: 'The client has the file.' },
    ],
    problems: [404, 412, 416, 503],
    async handle(ctx) {
      const path = filePathOf(ctx);
      const offset = await service.uploadOffset(signedInCaller(ctx).username, path);
      const progress = offset === undefined ? {} : { 'Upload-Offset': String(offset) };
      const opened = await service.open(path);
      if (opened === undefined) throw fileNotFound(progress);
      ctx.set(progress);
      let isTaken = false;
      try {
        isTaken = answer(ctx, opened);
      } finally {
        if (!isTaken) await opened.file.close();
      }
    },
  };
}
