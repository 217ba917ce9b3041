import { setTimeout as sleep } from 'node:timers/promises';
import { runInvariant } from '../faults.js';
import type { Client, ClientState } from './client.js';
import { notSent } from './errors.js';
import { createFreshness, type Position } from './freshness.js';
import { PROCEDURES } from './procedures.js';

export type PairOptions = {
  /** The two, in any order: which is the primary they say themselves. */
  clients: readonly [Client, Client];
  /** Told which of the two, 0 or 1, is the primary from now on; undefined: neither says so. */
  onPrimary?: (place: number | undefined, term: number) => void;
  askEveryMs?: number;
};

/** Two Tarantools, of which one writes and the other follows. */
export type Pair = {
  /** Calls go to whichever is the primary now. */
  primary: Client;
  /** Calls go to the other one. */
  replica: Client;
  /** So old are the data of the replica at most; undefined while it is away or that is not known. */
  stalenessMs(): number | undefined;
};

type Standing = { role: string; term: number; cluster: string; position: Position };

/** Ten questions a second cost either side 0.1% of a core. */
const ASK_EVERY_MS = 100;
const ASK_DEADLINE_MS = 1_000;
/** A replica that has been silent for so long is away: a question may take a second while the other one hangs. */
const SILENCE_MS = 1_500;
/** A page of a list takes milliseconds; who waits longer is answered by the primary. */
const REPLICA_DEADLINE_MS = 1_000;
const READY_CHECK_MS = 10;

async function ask(client: Client): Promise<Standing | undefined> {
  try {
    const [state] = await client.call(PROCEDURES.replicationState, [], { deadlineMs: ASK_DEADLINE_MS });
    return {
      role: String(state.get('role')),
      term: Number(state.get('term')),
      cluster: String(state.get('cluster')),
      position: state.get('position') as number[],
    };
  } catch {
    // Of an older program, or away, which its own client tells the log.
    return undefined;
  }
}

/**
 * Follows which of the two is the primary, by what they say: the one of the latest term that was ever heard of. People
 * alone make a replica the primary (docs/operations.md, Replication); this follows them.
 */
export function createPair({ clients, onPrimary, askEveryMs = ASK_EVERY_MS }: PairOptions): Pair {
  const freshness = createFreshness();
  let latestTerm = 0;
  let primaryPlace: number | undefined;
  /** Of the primary's data: who has others is no replica of it. */
  let cluster: string | undefined;
  let replicaHeardAtMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  function setPrimary(place: number | undefined, term: number): void {
    if (place === primaryPlace && term === latestTerm) return;
    const isNews = place !== primaryPlace;
    primaryPlace = place;
    latestTerm = term;
    freshness.reset();
    if (isNews) onPrimary?.(place, term);
  }

  function hear(place: number, standing: Standing | undefined, sentAtMs: number): void {
    if (standing === undefined) return;
    const { role, term, position } = standing;
    // Of two that say so in the same term, which is a fault of the settings, the first stays.
    const isRival = primaryPlace !== undefined && primaryPlace !== place;
    if (role === 'primary' && (isRival ? term > latestTerm : term >= latestTerm)) {
      setPrimary(place, term);
      cluster = standing.cluster;
      freshness.saw(position, sentAtMs);
    } else if (place === primaryPlace) {
      // It has handed over, or was started again as something else.
      setPrimary(undefined, latestTerm);
    } else if (role === 'replica' && standing.cluster === cluster) {
      replicaHeardAtMs = performance.now();
      freshness.reached(position);
    }
  }

  async function askOne(place: number): Promise<void> {
    const sentAtMs = performance.now();
    hear(place, await ask(clients[place] as Client), sentAtMs);
  }

  async function askBoth(): Promise<void> {
    // The primary first: what it says is what the other's answer is compared with. But the other waits for no silent one.
    const [first, second] = primaryPlace === 1 ? [1, 0] : [0, 1];
    const asked = askOne(first);
    await Promise.race([asked, sleep(askEveryMs, undefined, { ref: false })]);
    await Promise.all([asked, askOne(second)]);
  }

  async function follow(): Promise<void> {
    // Until both were asked it is not known whether the one that calls itself primary still is.
    await Promise.allSettled(clients.map((client) => client.whenReady(ASK_DEADLINE_MS)));
    while (!isClosed) {
      await askBoth();
      await sleep(askEveryMs, undefined, { ref: false });
    }
  }

  const primaryNow = () => (primaryPlace === undefined ? undefined : clients[primaryPlace]);
  const replicaNow = () => (primaryPlace === undefined ? undefined : clients[1 - primaryPlace]);

  function facade(now: () => Client | undefined, deadlineMs?: number): Client {
    const state = (): ClientState => (isClosed ? 'closed' : (now()?.state() ?? 'connecting'));
    return {
      state,
      // While neither is known to be the primary, that of the first.
      use: () => (now() ?? clients[0]).use(),
      call(procedure, args, options) {
        const client = now();
        if (client !== undefined)
          return client.call(procedure, args, { ...(deadlineMs && { deadlineMs }), ...options });
        return Promise.reject(notSent('DATABASE_AWAY', 'No database says that it takes changes now.'));
      },
      async whenReady(timeoutMs) {
        const endsAt = performance.now() + timeoutMs;
        while (state() !== 'ready') {
          if (isClosed || performance.now() > endsAt) throw new Error('neither of the two databases is the primary');
          await sleep(READY_CHECK_MS);
        }
      },
      async close(graceMs) {
        isClosed = true;
        await Promise.all(clients.map((client) => client.close(graceMs)));
      },
    };
  }

  runInvariant('the service follows which Tarantool is the primary', follow);
  return {
    primary: facade(primaryNow),
    replica: facade(replicaNow, REPLICA_DEADLINE_MS),
    stalenessMs() {
      const nowMs = performance.now();
      return nowMs - replicaHeardAtMs > SILENCE_MS ? undefined : freshness.stalenessMs(nowMs);
    },
  };
}
