import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import { spanOf } from '../../../http/answers/byte_range.js';
import { splitList } from '../../../http/answers/etags.js';
import type { Route } from '../../../http/route.js';
import { hasOneOf } from '../../../users/model/roles.js';
import { signedInCaller } from '../../../users/rights.js';
import { MANAGERS, PHOTO_VIEWERS } from '../../access.js';
import { PHOTO_TYPES } from '../model/photo_type.js';
import type { CasesService } from '../service.js';
import { caseIdOf } from './case_id.js';

const IMAGE = { schema: { type: 'string', format: 'binary' } } as const;
const IMAGES = Object.fromEntries(PHOTO_TYPES.map((type) => [type, IMAGE]));

/** Whether a specialist has the case now. */
export type IsHeldBy = (caseId: string, userId: number) => Promise<boolean>;

/** The photo of a case; it never changes. */
export function photoRoute(service: CasesService, isHeldBy: IsHeldBy): Route {
  /** @throws ServiceError FORBIDDEN */
  async function requireViewer(ctx: Context, caseId: string): Promise<void> {
    const { roles, userId } = signedInCaller(ctx);
    if (hasOneOf(roles, MANAGERS.roles) || (await isHeldBy(caseId, userId))) return;
    throw new ServiceError('FORBIDDEN', 'A photo is shown to managers, and to the specialist who has the case.');
  }

  return {
    method: 'get',
    path: '/cases/{case_id}/photo',
    pathParameters: { case_id: { type: 'string', format: 'uuid' } },
    tag: 'Cases',
    access: PHOTO_VIEWERS,
    summary: 'The photo of a case, or a range of it',
    description: 'For managers, and the specialist who has the case now. The ETag is the SHA-256 of the photo.',
    headers: [
      { name: 'Range', description: 'One range of bytes; several ranges are answered with the whole photo.' },
      { name: 'If-None-Match', description: 'ETags: 304 if the photo has one of them.' },
    ],
    success: { status: 200, description: 'The photo.', otherTypes: IMAGES },
    otherAnswer: [
      { status: 206, description: 'The range of the photo.', otherTypes: IMAGES },
      { status: 304, description: 'The client has the photo.' },
    ],
    problems: [404, 416, 503],
    async handle(ctx) {
      const caseId = caseIdOf(ctx);
      await requireViewer(ctx, caseId);
      const found = await service.get(caseId);
      const { sha256, bytes, type } = found.photo;
      const etag = `"${sha256}"`;
      ctx.set({ ETag: etag, 'Accept-Ranges': 'bytes', 'Cache-Control': 'private, no-cache' });
      const known = splitList(ctx.get('If-None-Match'));
      if (known.includes(etag) || known.includes('*')) {
        ctx.status = 304;
        return;
      }
      const span = spanOf(ctx, bytes, etag);
      ctx.status = span === undefined ? 200 : 206;
      if (span !== undefined) ctx.set('Content-Range', `bytes ${span.start}-${span.end}/${bytes}`);
      const { start, end } = span ?? { start: 0, end: bytes - 1 };
      if (ctx.method !== 'HEAD') ctx.body = Readable.from(service.photo(found, { start, end }), { objectMode: false });
      ctx.type = type;
      ctx.length = end - start + 1;
    },
  };
}
