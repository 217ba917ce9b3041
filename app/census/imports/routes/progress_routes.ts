import type { Context } from 'koa';
import { setDataVersion } from '../../../http/answers/data_version.js';
import { type EventStreams, encodeEvent } from '../../../http/event_stream.js';
import { owned } from '../../../http/requests/request_owner.js';
import { data, type Route } from '../../../http/route.js';
import { READERS } from '../../access.js';
import { IMPORT_READ } from '../../import_read.js';
import { importIdFromPath } from '../../path_ids.js';
import type { ImportsService, WatchEvent } from '../service.js';
import { exampleProgress, progressSchema, toProgressAnswer } from './progress_answer.js';

const TAG = 'Imports';

/** The last version that a reconnecting client has seen. */
function seenVersion(ctx: Context): number | undefined {
  const given = ctx.get('Last-Event-ID');
  const version = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  return Number.isSafeInteger(version) ? version : undefined;
}

function encode(importId: number, event: WatchEvent): Buffer {
  switch (event.kind) {
    case 'progress':
      return encodeEvent('progress', toProgressAnswer(event.progress), event.progress.version);
    case 'changed':
      return encodeEvent('changed', { import_id: importId, version: event.version }, event.version);
    case 'gone':
      return encodeEvent('gone', { import_id: importId });
  }
}

/** All watchers of an import get the same event, whose bytes are made once. */
function createEventBytes(): (importId: number, event: WatchEvent) => Buffer {
  const made = new WeakMap<WatchEvent, Buffer>();
  return (importId, event) => {
    const bytes = made.get(event) ?? encode(importId, event);
    made.set(event, bytes);
    return bytes;
  };
}

export function progressRoutes(service: ImportsService, streams: EventStreams): Route[] {
  const bytesOf = createEventBytes();
  return [
    {
      ...IMPORT_READ,
      path: '/imports/{import_id}',
      access: READERS,
      tag: TAG,
      summary: 'The progress of an import',
      description: 'Also while its body is still read: with `Prefer: early-hints` the POST sends its path early.',
      success: {
        status: 200,
        description: 'What is stored so far.',
        schema: data(progressSchema),
        example: { data: exampleProgress },
      },
      problems: [404, 503],
      async handle(ctx) {
        const progress = await service.progress(importIdFromPath(ctx.params));
        setDataVersion(ctx, progress.version);
        ctx.body = { data: toProgressAnswer(progress) };
      },
    },
    {
      method: 'get',
      path: '/imports/{import_id}/events',
      access: READERS,
      tag: TAG,
      summary: 'Watch an import',
      description:
        'Server-sent events: `progress` with what GET /imports/{import_id} answers, at once and as it changes while the ' +
        'import is staged; `changed` with import_id and version when its data moved; `gone` when it was refused, given up ' +
        'or deleted, which ends the stream. A watcher hears at most ten times a second. The id of an event is the version: who comes ' +
        'back with another in Last-Event-ID hears `changed` at once. A connection may have eight streams, though it sends them one after the other.',
      headers: [{ name: 'Last-Event-ID', description: 'The id of the last event that came.' }],
      success: {
        status: 200,
        description: 'A stream of events.',
        otherTypes: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      problems: [404, 429, 503],
      async handle(ctx) {
        const importId = importIdFromPath(ctx.params);
        const events = streams.open(ctx);
        const tell = owned(ctx, (event: WatchEvent) => {
          events.send(bytesOf(importId, event));
          if (event.kind === 'gone') events.end();
        });
        // Before the stream begins, so that an unknown import is answered by 404.
        events.onEnd(await service.watch(importId, tell, seenVersion(ctx)));
        events.begin();
      },
    },
  ];
}
