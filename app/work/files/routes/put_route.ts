import type { Context } from 'koa';
import { announcedLength } from '../../../http/bodies/announced_length.js';
import { tooLarge } from '../../../http/bodies/body.js';
import type { BodyBudget } from '../../../http/bodies/body_budget.js';
import { readWindows } from '../../../http/bodies/body_stream.js';
import { contentDecoding } from '../../../http/bodies/content_encoding.js';
import type { Route } from '../../../http/route.js';
import { signedInCaller } from '../../../users/rights.js';
import { readContentRange } from '../headers/content_range.js';
import { readDigest } from '../headers/digest_field.js';
import { preconditionOf } from '../headers/preconditions.js';
import { exampleFile, fileSchema, partSchema } from '../schema.js';
import type { FilesService } from '../service.js';
import { filePathOf } from './file_path.js';

const MAX_FILE_BYTES = 4 * 1024 ** 3;
/** One window is written while the next one is received. */
const MAX_AHEAD_BYTES = 2 * 256 * 1024;

function send(ctx: Context, path: readonly string[], received: Awaited<ReturnType<FilesService['receive']>>): void {
  if ('offset' in received) {
    ctx.status = 202;
    ctx.set('Upload-Offset', String(received.offset));
    ctx.body = { path: path.join('/'), offset: received.offset };
    return;
  }
  ctx.status = received.isNew ? 201 : 200;
  ctx.set('ETag', received.row.etag as string);
  ctx.body = received.row;
}

export function putRoute(
  service: FilesService,
  budget: BodyBudget,
): Omit<Route, 'access' | 'tag' | 'path' | 'pathParameters'> {
  return {
    method: 'put',
    takesRest: true,
    summary: 'Store a file, or a part of one',
    description:
      'Any body of at most 4 GiB. The file is visible as a whole once it is complete, in place of an earlier one; missing folders ' +
      'are created. With `Content-Range: bytes 0-99/200` the body is a part, answered with 202 until the file is complete. An ' +
      'upload that broke off goes on in the same way: HEAD says how many bytes are there, in `Upload-Offset`. Incomplete ' +
      'uploads belong to their user and live for 24 hours. A client that sends parts should send `Repr-Digest` with them.',
    headers: [
      { name: 'Content-Range', description: '`bytes FIRST-LAST/TOTAL`; TOTAL may be `*` except for the last part.' },
      { name: 'Content-Digest', description: '`sha-256=:BASE64:` of this body; another one is refused with 400.' },
      { name: 'Repr-Digest', description: '`sha-256=:BASE64:` of the whole file; another one is refused with 400.' },
      { name: 'If-Match', description: 'ETags: 412 if the stored file has none of them.' },
      { name: 'If-None-Match', description: '`*`: 412 if there is a file.' },
    ],
    requestBody: { isOptional: true, otherTypes: { 'application/octet-stream': { schema: {} } } },
    success: { status: 201, description: 'A new file.', schema: fileSchema, example: exampleFile },
    otherAnswer: [
      { status: 200, description: 'The file replaced another one.', schema: fileSchema, example: exampleFile },
      {
        status: 202,
        description: 'The part is stored; the file is not complete.',
        schema: partSchema,
        example: { path: exampleFile.path, offset: 100 },
      },
    ],
    problems: [409, 412, 413, 415, 503, 507],
    async handle(ctx) {
      const path = filePathOf(ctx);
      const { username: user } = signedInCaller(ctx);
      contentDecoding(ctx, ['identity']);
      const length = announcedLength(ctx.req) ?? (ctx.req.headers['transfer-encoding'] === undefined ? 0 : undefined);
      const part = readContentRange(ctx, length);
      const announced = {
        contentDigest: readDigest(ctx, 'Content-Digest'),
        reprDigest: readDigest(ctx, 'Repr-Digest'),
      };
      const totalBytes = part === undefined ? (length ?? 0) : (part.total ?? part.last + 1);
      if (totalBytes > MAX_FILE_BYTES) throw tooLarge(MAX_FILE_BYTES);
      const limitBytes = part === undefined ? MAX_FILE_BYTES : part.last - part.first + 1;
      const receive = (account: Parameters<Parameters<BodyBudget['spend']>[1]>[0]) =>
        service.receive({
          ...{ user, path, part, length, ...announced, account },
          precondition: preconditionOf(ctx),
          windows: readWindows(ctx.req, {
            decoding: 'identity',
            limitBytes,
            mayBeEmpty: true,
            deliversRest: true,
            account,
          }),
          endReading(error) {
            if (ctx.req.listenerCount('error') > 0) ctx.req.emit('error', error);
          },
        });
      send(ctx, path, await budget.spend(ctx.req, receive, Math.min(length ?? MAX_AHEAD_BYTES, MAX_AHEAD_BYTES)));
    },
  };
}
