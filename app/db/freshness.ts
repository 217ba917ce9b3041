/** A vector clock as a flat list: instance id, its LSN, and so on (tarantool/replication/position.lua). */
export type Position = readonly number[];

/** Number of unconfirmed positions kept: about 90 s at ten per second. */
const MAX_MOMENTS = 1_000;

/**
 * Bounds the age of a replica's data using the local clock alone. The primary is asked for its position; once the
 * replica reports a position that covers it, the replica has everything that was acknowledged before the question was
 * sent.
 */
export type Freshness = {
  /** Records the position of the primary, asked for at `sentAtMs`. */
  primaryAt(position: Position, sentAtMs: number): void;
  /** Records the position of the replica. */
  replicaAt(position: Position): void;
  /** The replica has everything acknowledged before `nowMs` minus this many milliseconds; undefined if unknown. */
  stalenessMs(nowMs: number): number | undefined;
  /** Forgets everything; called when the primary changes. */
  reset(): void;
};

function toMap(position: Position): Map<number, number> {
  const lsnOf = new Map<number, number>();
  for (let i = 0; i + 1 < position.length; i += 2) lsnOf.set(position[i] as number, position[i + 1] as number);
  return lsnOf;
}

/** Whether an instance at `position` has every write of one at `other`. */
function covers(position: ReadonlyMap<number, number>, other: ReadonlyMap<number, number>): boolean {
  for (const [instance, lsn] of other) if ((position.get(instance) ?? 0) < lsn) return false;
  return true;
}

export function createFreshness(): Freshness {
  let moments: { lsnOf: ReadonlyMap<number, number>; sentAtMs: number }[] = [];
  let confirmedAtMs: number | undefined;
  return {
    primaryAt(position, sentAtMs) {
      moments.push({ lsnOf: toMap(position), sentAtMs });
      if (moments.length > MAX_MOMENTS) moments.shift();
    },
    replicaAt(position) {
      const lsnOf = toMap(position);
      const place = moments.findLastIndex((moment) => covers(lsnOf, moment.lsnOf));
      if (place < 0) return;
      confirmedAtMs = (moments[place] as { sentAtMs: number }).sentAtMs;
      moments = moments.slice(place + 1);
    },
    stalenessMs: (nowMs) => (confirmedAtMs === undefined ? undefined : nowMs - confirmedAtMs),
    reset() {
      moments = [];
      confirmedAtMs = undefined;
    },
  };
}
