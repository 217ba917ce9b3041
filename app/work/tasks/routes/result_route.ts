import { Readable } from 'node:stream';
import { parse as parseContentType } from 'content-type';
import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import type { Route } from '../../../http/route.js';
import { signedInCaller } from '../../../users/rights.js';
import type { Job, JobsService } from '../../jobs/service.js';
import { taskIdOf } from './task_id.js';

const UNKNOWN_TYPE = 'application/octet-stream';
/** What a script made is data, whatever it calls itself: it may run nothing and reach nothing in our name. */
const CONTENT_SECURITY_POLICY = "sandbox; default-src 'none'";

/** The content type that a script named, where that is one. */
function contentType(named: string): string {
  const isHeader = /^[\x20-\x7e]+$/.test(named);
  return isHeader && /^[^\s/]+\/[^\s/]+$/.test(parseContentType(named).type) ? named : UNKNOWN_TYPE;
}

function sendFile(ctx: Context, service: JobsService, job: Job, file: NonNullable<Job['file']>): void {
  ctx.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  ctx.body = Readable.from(service.filePieces(job), { objectMode: false });
  ctx.set('Content-Type', contentType(file.contentType));
  ctx.length = file.bytes;
}

export function resultRoute(service: JobsService): Omit<Route, 'access' | 'tag'> {
  return {
    method: 'get',
    path: '/api/v1/tasks/{id}/result',
    summary: 'What a task made',
    description:
      'The file that the task attached, with its own content type; without one what the function returned, as JSON. 404 until ' +
      'the task is complete.',
    success: {
      status: 200,
      description: 'The file, or the result.',
      schema: {},
      otherTypes: { 'image/png': { schema: { type: 'string', contentMediaType: 'image/png' } } },
    },
    problems: [404, 503],
    async handle(ctx) {
      const job = await service.get(signedInCaller(ctx), taskIdOf(ctx));
      if (job.status !== 'finished') {
        throw new ServiceError('RESULT_NOT_FOUND', 'The task has made nothing, or nothing yet.');
      }
      if (job.file !== null) return sendFile(ctx, service, job, job.file);
      const { result } = await service.whole(job);
      ctx.body = result ?? 'null';
      ctx.type = 'application/json';
    },
  };
}
