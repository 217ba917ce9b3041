import type { ChangeFeed } from '../../db/change_feed.js';
import type { Alarm, AlarmsRepository } from './repository.js';

/** tarantool/work/alarms/changes.lua */
const ANY_ALARM = 0;
const MAX_ROWS = 1_000;
/** The shortest pause between two reads: an alarm with a thousand signals a second is told ten times. */
const MIN_PAUSE_MS = 100;
/** While the database is away nothing is known. */
const RETRY_MS = 1_000;

/** Must not throw: later listeners would miss the alarm. */
type AlarmListener = (alarm: Alarm) => void;

export type AlarmFollow = {
  /**
   * Calls `listener` with the alarms that have changed after the version `seen`, or with the open ones if it is
   * undefined; then with each alarm that changes. Returns the function that ends it.
   * @throws ServiceError
   */
  follow(listener: AlarmListener, seen: number | undefined): Promise<() => void>;
  followerCount(): number;
};

/** One read of the database for all who follow the alarms. */
export function createAlarmFollow(feed: ChangeFeed, since: AlarmsRepository['since']): AlarmFollow {
  const listeners = new Set<AlarmListener>();
  /** Changes up to this version have been told; undefined while nobody knows any. */
  let told: number | undefined;
  let lookedAt = 0;
  let isDue = false;
  let unlisten = () => {};

  function schedule(minMs = 0): void {
    if (isDue || told === undefined) return;
    isDue = true;
    const pauseMs = Math.max(minMs, lookedAt + MIN_PAUSE_MS - performance.now());
    setTimeout(() => void look(), Math.max(0, pauseMs)).unref();
  }

  function tell(alarm: Alarm): void {
    for (const listener of [...listeners]) listener(alarm);
  }

  async function look(): Promise<void> {
    isDue = false;
    lookedAt = performance.now();
    const from = told;
    if (from === undefined) return;
    try {
      const { alarms } = await since(from, MAX_ROWS);
      // Everybody may have left meanwhile, and others come.
      if (told !== from) return;
      for (const alarm of alarms) tell(alarm);
      told = alarms.at(-1)?.version ?? from;
      if (alarms.length === MAX_ROWS) schedule();
    } catch {
      schedule(RETRY_MS);
    }
  }

  function begin(): void {
    unlisten = feed.listen(ANY_ALARM, () => schedule());
  }

  function end(listener: AlarmListener): void {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    unlisten();
    told = undefined;
  }

  /** Tells what has changed after `seen`, and returns the version up to which it has been told. */
  async function catchUp(listener: AlarmListener, seen: number | undefined): Promise<number> {
    const first = await since(seen, MAX_ROWS);
    for (const alarm of first.alarms) listener(alarm);
    if (seen === undefined) return first.version;
    let last = seen;
    for (let alarms = first.alarms; alarms.length > 0; ) {
      last = (alarms.at(-1) as Alarm).version;
      if (alarms.length < MAX_ROWS) break;
      ({ alarms } = await since(last, MAX_ROWS));
      for (const alarm of alarms) listener(alarm);
    }
    return last;
  }

  return {
    async follow(listener, seen) {
      // Changes that come before the first read is answered are told after it.
      const early: Alarm[] = [];
      let hear: AlarmListener = (alarm) => early.push(alarm);
      const own: AlarmListener = (alarm) => hear(alarm);
      if (listeners.size === 0) begin();
      listeners.add(own);
      try {
        await feed.followed();
        const version = await catchUp(listener, seen);
        told ??= version;
        // Others may be told what this one has just read.
        hear = (alarm) => {
          if (alarm.version > version) listener(alarm);
        };
        for (const alarm of early) hear(alarm);
        // What changed between the two reads of two followers.
        schedule();
        return () => end(own);
      } catch (reason) {
        end(own);
        throw reason;
      }
    },
    followerCount: () => listeners.size,
  };
}
