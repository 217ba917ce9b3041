import type { Client } from '../db/client.js';
import { PROCEDURES } from './procedures.js';

export type Check = { name: string; ok: boolean; detail: string };
export type Readiness = { ready: boolean; checks: Check[] };

export type HealthService = {
  /** Looks at all that the service needs to serve; never throws. */
  readiness(): Promise<Readiness>;
};

const CHECK_DEADLINE_MS = 2_000;

/** `schema` is the number of the last migration that this program was made for. */
export function createHealthService(db: Client, schema: number): HealthService {
  async function checkDatabase(): Promise<Check[]> {
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
