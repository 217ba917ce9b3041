import type { ChangeFeed } from '../../../db/change_feed.js';
import { createWatch } from '../../../db/watch.js';
import { hasCode, ServiceError } from '../../../errors.js';
import type { TaskState, WorkflowName, WorkflowState, WorkflowsRepository } from '../repository.js';

/** What a watcher hears: the workflow, and its tasks that changed; undefined when it was deleted. */
export type WorkflowNews = { state: WorkflowState; tasks: readonly TaskState[]; isWhole: boolean };
type News = WorkflowNews | undefined;

type Known = { state: WorkflowState; tasks: ReadonlyMap<string, TaskState> };

type WorkflowWatch = {
  /**
   * Calls `listener` with the whole workflow, then with what changes; with undefined once it is gone. It must not throw.
   * Returns the function that ends the watch. @throws ServiceError WORKFLOW_NOT_FOUND
   */
  watch(name: WorkflowName, listener: (news: News) => void): Promise<() => void>;
  /** O(watched workflows). */
  watcherCount(): number;
};

function mapOf(tasks: readonly TaskState[]): ReadonlyMap<string, TaskState> {
  return new Map(tasks.map((task) => [task.name, task]));
}

function isSameTree(a: WorkflowState, b: WorkflowState): boolean {
  return a.runId === b.runId && a.layout === b.layout;
}

function whole({ state, tasks }: Known): WorkflowNews {
  return { state, tasks: [...tasks.values()], isWhole: true };
}

/** Reads what changed, for all who watch a workflow at once. */
export function createWorkflowWatch(feed: ChangeFeed, repository: WorkflowsRepository): WorkflowWatch {
  /** Of workflows that are watched: what the next read starts from. */
  const knownOf = new Map<number, { known: Known; watchers: number }>();

  async function readWhole(name: WorkflowName): Promise<Known> {
    const { tasks, ...state } = await repository.status(name);
    return { state, tasks: mapOf(tasks) };
  }

  async function read(id: number): Promise<Known> {
    const entry = knownOf.get(id);
    if (entry === undefined) throw new Error(`workflow ${id} is read while nobody watches it`);
    const { state, tasks } = entry.known;
    const { tasks: changed, ...now } = await repository.changedSince(state);
    const known =
      changed === undefined ? await readWhole(now) : { state: now, tasks: new Map([...tasks, ...mapOf(changed)]) };
    // Another workflow has the name by now.
    if (known.state.id !== id) throw new ServiceError('WORKFLOW_NOT_FOUND', 'The workflow was deleted.');
    entry.known = known;
    return known;
  }

  const { watch, watcherCount } = createWatch<Known, WorkflowNews | undefined>(feed, {
    read,
    isGone: (reason) => hasCode(reason, 'WORKFLOW_NOT_FOUND'),
    first: whole,
    next(told, known) {
      const { state, tasks } = known;
      if (!isSameTree(told.state, state)) return whole(known);
      const changed = [...tasks.values()].filter((task) => told.tasks.get(task.name) !== task);
      const isSame = changed.length === 0 && JSON.stringify(told.state) === JSON.stringify(state);
      return isSame ? undefined : { state, tasks: changed, isWhole: false };
    },
    gone: () => undefined,
    // Answers come in order: what others hear before the first read is answered is no newer than that.
    isNewer: (event) => event === undefined,
  });

  return {
    async watch(name, listener) {
      const known = await readWhole(name);
      const { id } = known.state;
      const entry = knownOf.get(id) ?? { known, watchers: 0 };
      entry.watchers++;
      knownOf.set(id, entry);
      const forget = () => {
        entry.watchers--;
        if (entry.watchers === 0) knownOf.delete(id);
      };
      try {
        const unwatch = await watch(id, listener);
        return () => {
          unwatch();
          forget();
        };
      } catch (reason) {
        forget();
        throw reason;
      }
    },
    watcherCount,
  };
}
