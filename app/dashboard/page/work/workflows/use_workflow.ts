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

/** `tasks` that changed take the place of those of the same name. */
function withNews(before: WorkflowState, { tasks, ...news }: WorkflowNews): WorkflowState {
  const changed = new Map(tasks?.map((task) => [task.name, task]));
  return { ...news, tasks: before.tasks.map((task) => changed.get(task.name) ?? task) };
}

/** A workflow as it is: loaded once, and then followed by its events. */
export function useWorkflow({ project, workflow }: WorkflowName): LiveWorkflow {
  const loaded = useLoaded((signal) => readWorkflow({ project, workflow }, signal), [project, workflow]);
  const [state, setState] = useState<WorkflowState | undefined>();
  const [revision, setRevision] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (loaded.value !== undefined) setState(loaded.value);
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
    // The first event after a connection tells what is known, unless something has happened meanwhile.
    if (JSON.stringify({ ...news, tasks }) === JSON.stringify(state)) return;
    if (tasks === null) setState((before) => before && withNews(before, { ...news, tasks }));
    else if (name === 'status') setState({ ...news, tasks });
    else setState((before) => before && withNews(before, { ...news, tasks }));
    moved(tasks === null);
  }

  const isKnown = loaded.value !== undefined;
  const isConnected = useEvents(isKnown ? eventsPath({ project, workflow }) : undefined, onEvent);
  const reload = () => {
    loaded.reload();
    setRevision((before) => before + 1);
  };
  return { state: state ?? loaded.value, error: loaded.error, isConnected, revision, reload };
}
