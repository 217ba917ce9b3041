import { type EventStreams, encodeEvent } from '../../http/event_stream.js';
import { type Parameter, type QueryParameters, readQuery } from '../../http/query/query.js';
import { required } from '../../http/query/query_kinds.js';
import { owned } from '../../http/requests/request_owner.js';
import type { Route } from '../../http/route.js';
import { OPERATORS } from '../jobs/service.js';
import { statusObject } from './methods/answers.js';
import { MAX_NAME_CHARACTERS } from './schema.js';
import type { WorkflowsService } from './service.js';
import type { WorkflowNews } from './watching/watch.js';

/** An event of more tasks would not fit into what a slow client may leave unread. */
const MAX_TASKS_IN_EVENT = 100;

function nameParameter(name: string): Parameter<string> {
  return required<string>({
    name,
    description: `The name of the ${name}.`,
    schema: { type: 'string', minLength: 1, maxLength: MAX_NAME_CHARACTERS },
    whenMissing: undefined,
    read(text, refuse) {
      if (text === '') refuse({ code: 'TOO_SHORT', detail: 'must have at least 1 character' });
      return text;
    },
  });
}

const EVENTS_PARAMETERS = {
  project: nameParameter('project'),
  workflow: nameParameter('workflow'),
} satisfies QueryParameters;

/** All who watch a workflow hear the same event: its bytes are made once. */
function createEventBytes(): (news: WorkflowNews) => Buffer {
  const made = new WeakMap<WorkflowNews, Buffer>();
  return (news) => {
    const { state, tasks, isWhole } = news;
    const shown = tasks.length > MAX_TASKS_IN_EVENT ? null : tasks;
    const bytes = made.get(news) ?? encodeEvent(isWhole ? 'status' : 'change', statusObject(state, shown));
    made.set(news, bytes);
    return bytes;
  };
}

export function workflowRoutes(service: WorkflowsService, streams: EventStreams): Route[] {
  const bytesOf = createEventBytes();
  return [
    {
      method: 'get',
      path: '/workflows/events',
      tag: 'Workflows',
      access: OPERATORS,
      summary: 'Watch a workflow',
      description:
        'Server-sent events with the workflow as workflow.status has it: `status` with all tasks at once, when a run begins and when the ' +
        'tree is changed; `change` with the tasks that changed, ten times a second at most. `tasks` is null when there are more ' +
        `than ${MAX_TASKS_IN_EVENT}: then call workflow.status. The stream ends when the workflow is deleted.`,
      parameters: EVENTS_PARAMETERS,
      success: {
        status: 200,
        description: 'A stream of events.',
        otherTypes: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      problems: [404, 429, 503],
      async handle(ctx) {
        const name = readQuery(ctx, EVENTS_PARAMETERS);
        const events = streams.open(ctx);
        const tell = owned(ctx, (news: WorkflowNews | undefined) => {
          if (news === undefined) events.end();
          else events.send(bytesOf(news));
        });
        // Before the answer begins: an unknown workflow is a plain 404.
        events.onEnd(await service.watch(name, tell));
        events.begin();
      },
    },
  ];
}
