import type { Client } from '../db/client.js';
import { PROCEDURES } from './procedures.js';

export type Check = { name: string; ok: boolean; detail: string };
export type Readiness = { ready: boolean; checks: Check[] };

export type HealthService = {
  /** Looks at all that the service needs to serve; never throws. */
  readiness(): Promise<Readiness>;
};

const CHECK_DEADLINE_MS = 2_000;

export type HealthOptions = {
  /** Number of the last migration that this program was made for. */
  schema: number;
  /** Those that are on here, and must be there. */
  wings: readonly string[];
  /** Whether the start is over, the first administrator is added for one; or the database was not there to wait for. */
  hasStarted(): boolean;
};

function checkWings(wings: readonly string[], there: string): Check[] {
  const missing = wings.filter((wing) => !there.split(',').includes(wing));
  if (missing.length === 0) return [];
  return [{ name: 'wings', ok: false, detail: `the database does not have: ${missing.join(', ')}` }];
}

export function createHealthService(db: Client, { schema, wings, hasStarted }: HealthOptions): HealthService {
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
      // Why it is away stands in the log; whoever asks here may be anybody.
      return [
        { name: 'database', ok: false, detail: 'does not answer' },
        { name: 'schema', ok: false, detail: 'unknown while the database is away' },
      ];
    }
  }

  return {
    async readiness() {
      const checks = await checkDatabase();
      return { ready: checks.every(({ ok }) => ok), checks };
    },
  };
}
