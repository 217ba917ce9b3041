import { setTimeout as sleep } from 'node:timers/promises';
import { runInvariant } from '../faults.js';
import type { Client, ClientState } from './client.js';
import { notSent } from './errors.js';
import { createFreshness, type Position } from './freshness.js';
import { PROCEDURES } from './procedures.js';

type PairOptions = {
  /** Both instances, in any order; they report themselves which is the primary. */
  clients: readonly [Client, Client];
  /** Called when the primary changes: index of the new one, or undefined if neither instance claims the role. */
  onPrimary?: (index: number | undefined, term: number) => void;
  askEveryMs?: number;
};

/** A primary Tarantool and its replica. */
export type Pair = {
  /** Sends calls to the current primary. */
  primary: Client;
  /** Sends calls to the other instance. */
  replica: Client;
  /** Upper bound of the age of the replica's data; undefined while the replica is away or its position is unknown. */
  stalenessMs(): number | undefined;
};

type InstanceState = { role: string; term: number; cluster: string; position: Position };

/** Ten polls per second take 0.1% of a core on either side. */
const ASK_EVERY_MS = 100;
const ASK_DEADLINE_MS = 1_000;
/**
 * A replica that has not answered for this long counts as away. One question may take a second while the other instance
 * hangs.
 */
const SILENCE_MS = 1_500;
/** Reading a page takes milliseconds; after this time the primary answers instead. */
const REPLICA_DEADLINE_MS = 1_000;
const READY_CHECK_MS = 10;

async function ask(client: Client): Promise<InstanceState | undefined> {
  try {
    const [state] = await client.call(PROCEDURES.replicationState, [], { deadlineMs: ASK_DEADLINE_MS });
    return {
      role: String(state.get('role')),
      term: Number(state.get('term')),
      cluster: String(state.get('cluster')),
      position: state.get('position') as number[],
    };
  } catch {
    // The instance is away, which its client logs, or runs a version without this procedure.
    return undefined;
  }
}

/**
 * Follows the primary role of two instances: the one that claims it with the latest term seen so far. Only an operator
 * makes a replica the primary (docs/operations.md, Replication); this code follows.
 */
export function createPair({ clients, onPrimary, askEveryMs = ASK_EVERY_MS }: PairOptions): Pair {
  const freshness = createFreshness();
  let latestTerm = 0;
  let primaryIndex: number | undefined;
  /** Cluster of the primary's data: an instance of another cluster is not its replica. */
  let cluster: string | undefined;
  let replicaHeardAtMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  function setPrimary(index: number | undefined, term: number): void {
    if (index === primaryIndex && term === latestTerm) return;
    const isNews = index !== primaryIndex;
    primaryIndex = index;
    latestTerm = term;
    freshness.reset();
    if (isNews) onPrimary?.(index, term);
  }

  function update(index: number, state: InstanceState | undefined, sentAtMs: number): void {
    if (state === undefined) return;
    const { role, term, position } = state;
    // If both claim the role in the same term, which is a configuration error, the first one keeps it.
    const isRival = primaryIndex !== undefined && primaryIndex !== index;
    if (role === 'primary' && (isRival ? term > latestTerm : term >= latestTerm)) {
      setPrimary(index, term);
      cluster = state.cluster;
      freshness.primaryAt(position, sentAtMs);
    } else if (index === primaryIndex) {
      // It has handed over, or was restarted in another role.
      setPrimary(undefined, latestTerm);
    } else if (role === 'replica' && state.cluster === cluster) {
      replicaHeardAtMs = performance.now();
      freshness.replicaAt(position);
    }
  }

  async function askOne(index: number): Promise<void> {
    const sentAtMs = performance.now();
    update(index, await ask(clients[index] as Client), sentAtMs);
  }

  async function askBoth(): Promise<void> {
    // The primary is asked first because the replica's answer is compared with its answer. A silent primary delays the
    // other question by one interval only.
    const [first, second] = primaryIndex === 1 ? [1, 0] : [0, 1];
    const asked = askOne(first);
    await Promise.race([asked, sleep(askEveryMs, undefined, { ref: false })]);
    await Promise.all([asked, askOne(second)]);
  }

  async function follow(): Promise<void> {
    // An instance that claims to be the primary may be outdated until both have been asked.
    await Promise.allSettled(clients.map((client) => client.whenReady(ASK_DEADLINE_MS)));
    while (!isClosed) {
      await askBoth();
      await sleep(askEveryMs, undefined, { ref: false });
    }
  }

  const primaryNow = () => (primaryIndex === undefined ? undefined : clients[primaryIndex]);
  const replicaNow = () => (primaryIndex === undefined ? undefined : clients[1 - primaryIndex]);

  function facade(now: () => Client | undefined, deadlineMs?: number): Client {
    const state = (): ClientState => (isClosed ? 'closed' : (now()?.state() ?? 'connecting'));
    return {
      state,
      // While the primary is unknown, this is the use of the first client.
      use: () => (now() ?? clients[0]).use(),
      call(procedure, args, options) {
        const client = now();
        if (client !== undefined)
          return client.call(procedure, args, { ...(deadlineMs && { deadlineMs }), ...options });
        return Promise.reject(notSent('DATABASE_AWAY', 'No database reports that it accepts changes.'));
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

  runInvariant('the service follows the current primary', follow);
  return {
    primary: facade(primaryNow),
    replica: facade(replicaNow, REPLICA_DEADLINE_MS),
    stalenessMs() {
      const nowMs = performance.now();
      return nowMs - replicaHeardAtMs > SILENCE_MS ? undefined : freshness.stalenessMs(nowMs);
    },
  };
}
