import type { Client } from '../db/client.js';
import type { MsgpackValue } from '../db/wire/msgpack.js';
import type { Siblings } from '../siblings/siblings.js';
import { PROCEDURES } from './procedures.js';

export type Check = { name: string; ok: boolean; detail: string };
/** `ready` does not depend on the checks of web processes and sets: as long as one answers, the service does. */
type Readiness = { ready: boolean; checks: Check[] };

export type HealthService = {
  /** Checks everything that the service needs to handle requests. Never throws. */
  readiness(): Promise<Readiness>;
};

const CHECK_DEADLINE_MS = 2_000;

type HealthOptions = {
  /** Number of the last migration known to this program. */
  schema: number;
  /** The wings that are switched on, whose migrations are required. */
  wings: readonly string[];
  /**
   * Whether the start is complete, including the creation of the first administrator. Also true if the database was
   * unavailable at the start.
   */
  hasStarted(): boolean;
  siblings: Pick<Siblings, 'count'>;
};

function checkWings(wings: readonly string[], there: string): Check[] {
  const missing = wings.filter((wing) => !there.split(',').includes(wing));
  if (missing.length === 0) return [];
  return [{ name: 'wings', ok: false, detail: `the database does not have: ${missing.join(', ')}` }];
}

/** Nothing for a service of one web process. */
function checkWebProcesses({ running, wanted }: ReturnType<Siblings['count']>): Check[] {
  if (wanted === 1) return [];
  const ok = running === wanted;
  const detail = `${running} of ${wanted} answer${ok ? '' : '; the others are being started'}`;
  return [{ name: 'web processes', ok, detail }];
}

/** One set that is away leaves the service ready, since it serves the imports of the others. */
function checkSets(sets: MsgpackValue | undefined): Check[] {
  if (!(sets instanceof Map)) return [];
  return [...sets]
    .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))
    .map(([name, isThere]) => ({
      name: `set ${String(name)}`,
      ok: isThere === true,
      detail: isThere === true ? 'answers' : 'does not answer: requests for its imports get 503',
    }));
}

export function createHealthService(db: Client, { schema, wings, hasStarted, siblings }: HealthOptions): HealthService {
  /** `partial`: checks of which a failure leaves the service ready. */
  async function checkDatabase(): Promise<{ needed: Check[]; partial?: Check[] }> {
    if (!hasStarted()) {
      return {
        needed: [
          { name: 'database', ok: false, detail: 'is starting' },
          { name: 'schema', ok: false, detail: 'unknown while the database is starting' },
        ],
      };
    }
    try {
      const [info] = await db.call(PROCEDURES.serviceInfo, [], { deadlineMs: CHECK_DEADLINE_MS });
      const stored = Number(info.get('schema'));
      const needed = [
        { name: 'database', ok: true, detail: `Tarantool ${String(info.get('tarantool'))}` },
        {
          name: 'schema',
          ok: stored === schema,
          detail: stored === schema ? `at ${schema}` : `at ${stored}, this program needs ${schema}`,
        },
        ...checkWings(wings, String(info.get('wings'))),
      ];
      return { needed, partial: checkSets(info.get('sets')) };
    } catch {
      // The reason is in the log; it is not shown to callers, who are not authenticated.
      return {
        needed: [
          { name: 'database', ok: false, detail: 'does not answer' },
          { name: 'schema', ok: false, detail: 'unknown while the database is away' },
        ],
      };
    }
  }

  return {
    async readiness() {
      const { needed, partial = [] } = await checkDatabase();
      return {
        ready: needed.every(({ ok }) => ok),
        checks: [...needed, ...partial, ...checkWebProcesses(siblings.count())],
      };
    },
  };
}
