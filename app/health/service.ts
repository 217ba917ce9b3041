import type { Client } from '../db/client.js';
import type { Siblings } from '../siblings/siblings.js';
import { PROCEDURES } from './procedures.js';

export type Check = { name: string; ok: boolean; detail: string };
/** `ready` does not depend on the check of the web processes: as long as one answers, the service does. */
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
  const detail = `${running} of ${wanted} answer${ok ? '' : '; the others are being started again'}`;
  return [{ name: 'web processes', ok, detail }];
}

export function createHealthService(db: Client, { schema, wings, hasStarted, siblings }: HealthOptions): HealthService {
  async function checkDatabase(): Promise<Check[]> {
    if (!hasStarted()) {
      return [
        { name: 'database', ok: false, detail: 'is starting' },
        { name: 'schema', ok: false, detail: 'unknown while the database is starting' },
      ];
    }
    try {
      const [info] = await db.call(PROCEDURES.serviceInfo, [], { deadlineMs: CHECK_DEADLINE_MS });
      const stored = Number(info.get('schema'));
      return [
        { name: 'database', ok: true, detail: `Tarantool ${String(info.get('tarantool'))}` },
        {
          name: 'schema',
          ok: stored === schema,
          detail: stored === schema ? `at ${schema}` : `at ${stored}, this program needs ${schema}`,
        },
        ...checkWings(wings, String(info.get('wings'))),
      ];
    } catch {
      // The reason is in the log; it is not shown to callers, who are not authenticated.
      return [
        { name: 'database', ok: false, detail: 'does not answer' },
        { name: 'schema', ok: false, detail: 'unknown while the database is away' },
      ];
    }
  }

  return {
    async readiness() {
      const checks = await checkDatabase();
      return { ready: checks.every(({ ok }) => ok), checks: [...checks, ...checkWebProcesses(siblings.count())] };
    },
  };
}
