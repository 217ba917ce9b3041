import { openEventStream } from '../http/event_stream.js';
import { data, importIdFromPath, type Route } from '../http/route.js';
import type { ImportProgress, ImportsService } from './service.js';

const TAG = 'Imports';

const progressSchema = {
  type: 'object',
  required: ['import_id', 'state', 'citizens', 'bytes', 'created_at', 'published_at'],
  properties: {
    import_id: { type: 'integer' },
    state: { type: 'string', enum: ['staging', 'published'], description: 'staging: its body is still being read.' },
    citizens: { type: 'integer', description: 'Stored so far.' },
    bytes: { type: ['integer', 'null'], description: 'Of the decoded body, that they were read from.' },
    created_at: { type: 'string', format: 'date-time' },
    published_at: { type: ['string', 'null'], format: 'date-time' },
  },
};

function toTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function toAnswer({ importId, state, citizenCount, bytes, createdAt, publishedAt }: ImportProgress) {
  return {
    import_id: importId,
    state,
    citizens: citizenCount,
    bytes: bytes ?? null,
    created_at: toTime(createdAt),
    published_at: publishedAt === undefined ? null : toTime(publishedAt),
  };
}

const exampleProgress = {
  import_id: 1,
  state: 'published',
  citizens: 10_000,
  bytes: 2_493_021,
  created_at: '2026-11-22T12:00:00.000Z',
  published_at: '2026-11-22T12:00:00.050Z',
};

/** `stopping` ends the streams of events, which would go on for ever. */
export function progressRoutes(service: ImportsService, stopping: AbortSignal): Route[] {
  return [
    {
      method: 'get',
      path: '/imports/{import_id}',
      tag: TAG,
      summary: 'Where an import stands',
      description: 'Also while its body is still read: `Prefer: early-hints` with the POST tells its path early.',
      success: {
        status: 200,
        description: 'What is stored of it so far.',
        schema: data(progressSchema),
        example: { data: exampleProgress },
      },
      problems: [404, 503],
      async handle(ctx) {
        ctx.set('Cache-Control', 'no-store');
        ctx.body = { data: toAnswer(await service.progress(importIdFromPath(ctx.params))) };
      },
    },
    {
      method: 'get',
      path: '/imports/{import_id}/events',
      tag: TAG,
      summary: 'Watch an import',
      description:
        'Server-sent events: `progress` with what GET /imports/{import_id} answers, at once and whenever it changes, up to ' +
        'five times a second; `gone` when the import was refused or given up, which ends the stream.',
      success: {
        status: 200,
        description: 'A stream of events.',
        otherTypes: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      problems: [404, 503],
      async handle(ctx) {
        const importId = importIdFromPath(ctx.params);
        const waiting: (ImportProgress | undefined)[] = [];
        let tell: (progress: ImportProgress | undefined) => void = (progress) => waiting.push(progress);
        // Before the answer begins: an unknown import is a plain 404.
        const unwatch = await service.watch(importId, (progress) => tell(progress));
        const events = openEventStream(ctx);
        const end = () => events.end();
        stopping.addEventListener('abort', end);
        events.onEnd(() => {
          unwatch();
          stopping.removeEventListener('abort', end);
        });
        if (stopping.aborted) end();
        tell = (progress) => {
          if (progress !== undefined) {
            events.send('progress', toAnswer(progress));
            return;
          }
          events.send('gone', { import_id: importId });
          events.end();
        };
        for (const progress of waiting) tell(progress);
      },
    },
  ];
}
