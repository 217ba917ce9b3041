import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  environmentOf,
  isThread,
  listPids,
  type ProcessEntry,
  readEnvironment,
  readProcess,
  signalGroup,
  signalProcess,
} from '../../processes/process_table.js';
import { RUN_MARK, TASK_MARK } from '../messages.js';

/** What has survived SIGKILL for so long is watched instead. */
const PATIENCE_MS = 2_000;
/** A process in the middle of exec shows no environment: what is seen clean earlier is looked at again. */
const MIN_LOOK_MS = 100;
const LOOK_EVERY_MS = 20;
const WATCH_EVERY_MS = 200;

type StoredProcess = { id: number; pid: number | null; pidStart: number | null; bootId: string | null };
type Found = { task: number; entry: ProcessEntry };

type Leftovers = {
  /** Tasks of which something was found, and whether SIGKILL ended it. */
  tasks: ReadonlyMap<number, 'killed' | 'alive'>;
  /** Resolves when nothing of a task that was `alive` is left. */
  untilGone(task: number): Promise<void>;
};

/** Another one after each start of the machine: pids and their start times mean something only within it. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

function isThere({ pid, startTime }: ProcessEntry): boolean {
  const found = readProcess(pid);
  return found !== undefined && found.startTime === startTime && !found.isZombie;
}

/** Everything with the mark, except this process, by the task that it belongs to; 0 is an earlier process of the run. */
function findMarked(mark: string): Found[] {
  return listPids().flatMap((pid) => {
    if (pid === process.pid || environmentOf(pid, RUN_MARK) !== mark || isThread(pid)) return [];
    const entry = readProcess(pid);
    if (entry === undefined || entry.isZombie) return [];
    return [{ task: Number(environmentOf(pid, TASK_MARK) ?? 0), entry }];
  });
}

function findStored(tasks: readonly StoredProcess[], bootId: string): Found[] {
  return tasks.flatMap((task) => {
    if (task.pid === null || task.bootId !== bootId) return [];
    const entry = readProcess(task.pid);
    if (entry === undefined || entry.isZombie || entry.startTime !== task.pidStart) return [];
    return [{ task: task.id, entry }];
  });
}

function hasUnclear(): boolean {
  return listPids().some((pid) => readEnvironment(pid) === '' && (readProcess(pid)?.parentPid ?? 2) !== 2);
}

/**
 * Kills whatever still runs of this run from before: known by the mark in its environment, or by pid, start time and
 * boot id. An earlier process of the run goes first, since it would start the next task.
 */
export async function endLeftovers(mark: string, stored: readonly StoredProcess[]): Promise<Leftovers> {
  const bootId = readBootId();
  const byPid = new Map<number, Found>();
  const beganAt = performance.now();
  const left = () => [...byPid.values()].filter(({ entry }) => isThere(entry));

  for (let isClean = false; !isClean; ) {
    const found = [...findMarked(mark), ...findStored(stored, bootId)];
    for (const each of found) byPid.set(each.entry.pid, each);
    for (const { task, entry } of [...found].sort((a, b) => a.task - b.task)) {
      if (entry.groupId === entry.pid && task !== 0) signalGroup(entry.pid, 'SIGKILL');
      signalProcess(entry.pid, 'SIGKILL');
    }
    const ms = performance.now() - beganAt;
    isClean = (left().length === 0 && ms > MIN_LOOK_MS && !(ms < 2 * MIN_LOOK_MS && hasUnclear())) || ms > PATIENCE_MS;
    if (!isClean) await sleep(LOOK_EVERY_MS);
  }

  const tasks = new Map<number, 'killed' | 'alive'>();
  for (const { task } of byPid.values()) tasks.set(task, 'killed');
  for (const { task } of left()) tasks.set(task, 'alive');
  return {
    tasks,
    async untilGone(task) {
      while (left().some((each) => each.task === task)) await sleep(WATCH_EVERY_MS);
    },
  };
}
