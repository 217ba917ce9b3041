/** How far an instance has come: instance number, how many of its writes, and so on (tarantool/replication/position.lua). */
export type Position = readonly number[];

/** Moments that are kept to be confirmed: a minute and a half of them, at ten a second. */
const MAX_MOMENTS = 1_000;

/**
 * How old the data of a replica can be at most, by one clock: our own. The primary is asked how far it has come; once
 * the replica says that it has come as far, it has all that was acknowledged before we sent that question.
 */
export type Freshness = {
  /** The primary has said where it is, asked at `sentAtMs`. */
  saw(position: Position, sentAtMs: number): void;
  /** The replica has said where it is. */
  reached(position: Position): void;
  /** All that was acknowledged so many milliseconds before `nowMs` is on the replica; undefined: nothing is known. */
  stalenessMs(nowMs: number): number | undefined;
  /** Another is the primary now: what is known is of no use. */
  reset(): void;
};

function toMap(position: Position): Map<number, number> {
  const lsnOf = new Map<number, number>();
  for (let i = 0; i + 1 < position.length; i += 2) lsnOf.set(position[i] as number, position[i + 1] as number);
  return lsnOf;
}

/** Whether who is at `position` has all that who is at `other` has. */
function covers(position: ReadonlyMap<number, number>, other: ReadonlyMap<number, number>): boolean {
  for (const [instance, lsn] of other) if ((position.get(instance) ?? 0) < lsn) return false;
  return true;
}

export function createFreshness(): Freshness {
  let moments: { lsnOf: ReadonlyMap<number, number>; sentAtMs: number }[] = [];
  let confirmedAtMs: number | undefined;
  return {
    saw(position, sentAtMs) {
      moments.push({ lsnOf: toMap(position), sentAtMs });
      if (moments.length > MAX_MOMENTS) moments.shift();
    },
    reached(position) {
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
