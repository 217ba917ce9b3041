import { setTimeout as sleep } from 'node:timers/promises';
import {
  isThread,
  lastPid,
  listPids,
  type ProcessEntry,
  readEnvironment,
  readProcess,
  residentBytes,
  signalGroup,
  signalProcess,
  valueIn,
} from './process_table.js';

/** A variable of the environment by which everything that a child has started is known again, also what left its group. */
export type Mark = { name: string; value: string };

/** Beyond so many new pids since the last look, reading /proc whole is quicker than asking for each. */
const MAX_NEW_PIDS = 2_000;
const FIRST_PAUSE_MS = 1;
/** Longer than any exec takes; a process without an environment may also be somebody's own choice. */
const MAX_EXEC_MS = 100;
/** kthreadd: threads of the kernel have no environment either. */
const KERNEL_THREADS_PARENT = 2;
const MAX_PAUSE_MS = 100;

/** All that descends from one child: its process group, and what left the group but still has the child's mark. */
export type ProcessFamily = {
  /** Pids of the living, without the child itself. */
  descendants(): number[];
  /** Bytes of memory of the child and its descendants together. */
  residentBytes(): number;
  /** Sends a signal to the child and its descendants. */
  signal(name: NodeJS.Signals): void;
  /** Kills the descendants until none is left, or `patienceMs` are over; the child lives on. Answers whether none is left. */
  endDescendants(patienceMs?: number): Promise<boolean>;
  /** Kills the child and its descendants until none is left. */
  endAll(): Promise<void>;
};

/**
 * The family of a child that leads a process group of its own and was started with the mark. To be made right
 * after the child was started: only processes with a later pid are looked at, so that a look at a quiet machine costs
 * one small read.
 */
export function createProcessFamily(childPid: number, mark: Mark): ProcessFamily {
  const known = new Set<number>();
  let seenTo = childPid;

  function relationOf({ pid, groupId, parentPid }: ProcessEntry): 'related' | 'unclear' | 'none' {
    if (groupId === childPid) return 'related';
    const environment = readEnvironment(pid);
    if (environment === '' && parentPid !== KERNEL_THREADS_PARENT) return 'unclear';
    return environment !== undefined && valueIn(environment, mark.name) === mark.value ? 'related' : 'none';
  }

  /** 'unclear': in the middle of exec a process has no environment to look at. */
  function relation(pid: number): 'related' | 'unclear' | 'none' {
    if (pid === childPid) return 'none';
    const found = readProcess(pid);
    if (found === undefined || found.isZombie) return 'none';
    const its = relationOf(found);
    return its !== 'none' && isThread(pid) ? 'none' : its;
  }

  /** Pids given since the last look; all of them where they were given from the beginning again. */
  function newPids(): Iterable<number> {
    const from = seenTo;
    seenTo = lastPid();
    if (seenTo === from) return [];
    if (seenTo < from || seenTo - from > MAX_NEW_PIDS) return listPids();
    return Array.from({ length: seenTo - from }, (_, i) => from + 1 + i);
  }

  /** Related processes; `alsoUnclear`: with those that may turn out to be. */
  function look(alsoUnclear: boolean): number[] {
    for (const pid of newPids()) known.add(pid);
    return [...known].filter((pid) => {
      const found = relation(pid);
      if (found === 'none') known.delete(pid);
      return found === 'related' || (alsoUnclear && found === 'unclear');
    });
  }
  const descendants = () => look(false);

  /** `round` kills what it finds, and answers whether anything was left to kill. Answers whether none is left. */
  async function endUntilNone(round: () => boolean, patienceMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const beganAt = performance.now();
    const unclearUntil = beganAt + MAX_EXEC_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      const hasKilled = round();
      if (!hasKilled && look(performance.now() < unclearUntil).length === 0) return true;
      if (performance.now() - beganAt > patienceMs) return false;
      await sleep(pauseMs);
    }
  }

  return {
    descendants,
    residentBytes: () => [childPid, ...descendants()].reduce((sum, pid) => sum + residentBytes(pid), 0),

    signal(name) {
      signalGroup(childPid, name);
      for (const pid of descendants()) if (readProcess(pid)?.groupId !== childPid) signalProcess(pid, name);
    },

    endDescendants: (patienceMs) =>
      endUntilNone(() => {
        const left = descendants();
        // Stopped first: what forks without end would else be ahead of us.
        for (const pid of left) signalProcess(pid, 'SIGSTOP');
        for (const pid of left) signalProcess(pid, 'SIGKILL');
        return left.length > 0;
      }, patienceMs),

    async endAll() {
      await endUntilNone(() => {
        signalGroup(childPid, 'SIGKILL');
        const left = descendants();
        for (const pid of left) signalProcess(pid, 'SIGKILL');
        const child = readProcess(childPid);
        return left.length > 0 || (child !== undefined && !child.isZombie && child.groupId === childPid);
      });
    },
  };
}
