import { type EventStreams, encodeEvent } from '../../../http/event_stream.js';
import { owned } from '../../../http/requests/request_owner.js';
import type { Route } from '../../../http/route.js';
import { signedInCaller } from '../../../users/rights.js';
import { isOpen, type Job, type JobsService } from '../../jobs/service.js';
import { toWatchedTask } from '../answers.js';
import { taskIdOf } from './task_id.js';

/** All who watch a task hear the same event: its bytes are made once. */
function createEventBytes(): (event: 'status' | 'progress', job: Job) => Buffer {
  const made = { status: new WeakMap<Job, Buffer>(), progress: new WeakMap<Job, Buffer>() };
  return (event, job) => {
    const bytes = made[event].get(job) ?? encodeEvent(event, toWatchedTask(job));
    made[event].set(job, bytes);
    return bytes;
  };
}

export function eventsRoute(service: JobsService, streams: EventStreams): Omit<Route, 'access' | 'tag'> {
  const bytesOf = createEventBytes();
  return {
    method: 'get',
    path: '/api/v1/tasks/{id}/events',
    summary: 'Watch a task',
    description:
      'Server-sent events with the task as data: `status` at once and when its status or attempt changes, `progress` when its ' +
      'progress does, ten times a second at most. Arguments and results of more than 2,048 bytes are null. The stream ends ' +
      'after the end of the task.',
    success: {
      status: 200,
      description: 'A stream of events.',
      otherTypes: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    problems: [404, 429, 503],
    async handle(ctx) {
      const id = taskIdOf(ctx);
      const events = streams.open(ctx);
      let state: string | undefined;
      let progress: string | undefined;
      const tell = owned(ctx, (job: Job | undefined) => {
        if (job === undefined) return events.end();
        const [nowState, nowProgress] = [`${job.status} ${job.attempt}`, JSON.stringify(job.progress)];
        if (nowState !== state) events.send(bytesOf('status', job));
        else if (nowProgress !== progress) events.send(bytesOf('progress', job));
        [state, progress] = [nowState, nowProgress];
        if (!isOpen(job.status)) events.end();
      });
      // Before the answer begins: an unknown task is a plain 404.
      events.onEnd(await service.watch(signedInCaller(ctx), id, tell));
      events.begin();
    },
  };
}
