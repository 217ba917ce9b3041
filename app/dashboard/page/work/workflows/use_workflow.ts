import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../../shared/http_client.js';
import { useLoaded } from '../../shared/loading.js';
import type { ServerEvent } from '../../shared/server_events.js';
import { useEvents } from '../../shared/use_events.js';
import { eventsPath, readWorkflow, type WorkflowName, type WorkflowNews, type WorkflowState } from './api.js';

export type LiveWorkflow = {
  state: WorkflowState | undefined;
  error: ApiError | undefined;
  isConnected: boolean;
  /** Increases when something has changed; used as a key for loading. */
  revision: number;
  reload(): void;
};

/** Shortest interval between reloads of what events do not contain, however many changes arrive. */
const REVISION_MS = 700;
/** The same where events have no tasks, since there are too many: 10,000 of them are 2 MB. */
const LARGE_REVISION_MS = 3_000;

/** As many as the service sends. */
const MAX_TASKS_IN_EVENT = 100;

/** `tasks` that changed take the place of those of the same name. */
function withNews(before: WorkflowState, { tasks, ...news }: WorkflowNews): WorkflowState {
  const changed = new Map(tasks?.map((task) => [task.name, task]));
  return { ...news, tasks: before.tasks.map((task) => changed.get(task.name) ?? task) };
}

/** `events`: how many had come when the request was sent. */
type LoadedState = { state: WorkflowState; events: number };

/** A workflow as it is: loaded once, and then followed by its events. */
export function useWorkflow({ project, workflow }: WorkflowName): LiveWorkflow {
  const events = useRef(0);
  const loaded = useLoaded(
    async (signal): Promise<LoadedState> => {
      const before = events.current;
      return { state: await readWorkflow({ project, workflow }, signal), events: before };
    },
    [project, workflow],
  );
  const [state, setState] = useState<WorkflowState | undefined>();
  const [revision, setRevision] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (loaded.value === undefined) return;
    const { state: read, events: before } = loaded.value;
    // An answer may be older than an event that overtook it; of many tasks, events say nothing.
    const isCurrent = before === events.current;
    setState((known) => {
      if (known === undefined || isCurrent) return read;
      return known.tasks.length > MAX_TASKS_IN_EVENT ? { ...known, tasks: read.tasks } : known;
    });
  }, [loaded.value]);

  function moved(isLarge: boolean): void {
    timer.current ??= setTimeout(
      () => {
        timer.current = undefined;
        if (isLarge) loaded.reload();
        setRevision((before) => before + 1);
      },
      isLarge ? LARGE_REVISION_MS : REVISION_MS,
    );
  }

  function onEvent({ name, data }: ServerEvent): void {
    if (name !== 'status' && name !== 'change') return;
    const { tasks, ...news } = JSON.parse(data) as WorkflowNews;
    events.current++;
    // The first event after a connection tells what is known, unless something has happened meanwhile.
    const isKnown = JSON.stringify({ ...news, tasks }) === JSON.stringify(state);
    if (name === 'status' && tasks !== null) setState({ ...news, tasks });
    else setState((before) => before && withNews(before, { ...news, tasks }));
    if (!isKnown) moved(tasks === null);
  }

  const isConnected = useEvents(state === undefined ? undefined : eventsPath({ project, workflow }), onEvent);
  const reload = () => {
    loaded.reload();
    setRevision((before) => before + 1);
  };
  return { state, error: loaded.error, isConnected, revision, reload };
}
