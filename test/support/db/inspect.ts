import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROCEDURES } from '../../../app/census/checks/procedures.js';
import { type Client, createClient } from '../../../app/db/client.js';
import type { Procedure } from '../../../app/db/procedure.js';
import type { MsgpackInput } from '../../../app/db/wire/msgpack.js';
import { makeFolder, projectDir } from '../folder.js';
import { until } from '../until.js';

function procedure<Args extends readonly MsgpackInput[], Result>(
  name: string,
  kind: 'read' | 'write',
): Procedure<Args, Result> {
  return { name: `svodka.test.${name}`, kind };
}

/** A script for startTarantool: app.lua plus the procedures below. */
export const INSPECT_SCRIPT = join(projectDir, 'test', 'support', 'db', 'inspect.lua');

/** Procedures that inspect.lua adds to the real ones. */
export const INSPECT = {
  blob: procedure<[tag: string, size: number], [text: string]>('blob', 'read'),
  /** The same procedure declared as a write and as a read, whose loss is reported differently. */
  note: procedure<[tag: string, seconds: number], [tag: string]>('note', 'write'),
  noteAsRead: procedure<[tag: string, seconds: number], [tag: string]>('note', 'read'),
  notes: procedure<[], [timesByTag: ReadonlyMap<string, number>]>('notes', 'read'),
  delayAfterCommit: procedure<[seconds: number], []>('delay_after_commit', 'write'),
  delayPublication: procedure<[seconds: number], []>('delay_publication', 'write'),
  delayClaim: procedure<[seconds: number], []>('delay_claim', 'write'),
  leftovers: procedure<[], [stagedImports: number, strayCitizens: number, strayCounts: number]>('leftovers', 'read'),
  /** Corrupts a kept count. */
  addToCount: procedure<
    [importId: number, kind: 'births' | 'presents', group: string | number, key: number, count: number],
    []
  >('add_to_count', 'write'),
  /** Corrupts a kept count of cases. */
  addToCaseCount: procedure<[kind: string, key: string, count: number], []>('add_to_case_count', 'write'),
  /** Corrupts the wallet of a specialist, by so many millionths. */
  addToWallet: procedure<[userId: number, amount: number], []>('add_to_wallet', 'write'),
  importIds: procedure<[], [ids: number[]]>('import_ids', 'read'),
  indexed: procedure<[importId: number], [citizens: number, isWhole: boolean]>('indexed', 'read'),
} as const;

const PASSWORD = 'for the tests';

/** Environment of a service whose embedded Tarantool runs a test script instead of app.lua. */
export function scriptedTarantool(script: string = INSPECT_SCRIPT): Record<string, string> {
  const program = join(makeFolder(), 'tarantool');
  const tarantool = process.env['SVODKA_TARANTOOL_BIN'] ?? 'tarantool';
  writeFileSync(program, `#!/bin/sh\nSVODKA_PROJECT_DIR='${projectDir}' exec '${tarantool}' '${script}'\n`);
  chmodSync(program, 0o755);
  return { SVODKA_TARANTOOL_BIN: program, SVODKA_TARANTOOL_PASSWORD: PASSWORD };
}

/** A second connection to the Tarantool of a service that was started with scriptedTarantool(). */
export async function inspectService(service: { dataDir: string }): Promise<Client> {
  const address = { path: join(service.dataDir, 'tarantool.sock') };
  const client = createClient({ address, user: 'svodka', password: PASSWORD });
  await client.whenReady(20_000);
  return client;
}

/** Recounts all published imports; returns the mismatches in their kept counts. */
export async function countFaults(db: Client): Promise<unknown[]> {
  const [importIds] = await db.call(INSPECT.importIds, []);
  const faults: unknown[] = [];
  for (const importId of importIds) {
    const [, count, differences] = await db.call(PROCEDURES.recount, [importId]);
    if (count > 0) faults.push({ importId, count, differences });
  }
  return faults;
}

/** Resolves once no staged import and no remains of one are left; rejects if they stay. */
export function untilSwept(db: Client): Promise<unknown> {
  return until('all that was never published is swept', async () => {
    const leftovers = await db.call(INSPECT.leftovers, []);
    return leftovers.every((count) => count === 0);
  });
}
