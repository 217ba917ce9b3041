import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import type { Client } from '../../../app/db/client.js';
import { listCitizens } from '../../support/census/citizens.js';
import { modelImport } from '../../support/census/import_model.js';
import {
  anyRequest,
  type FuzzAnswer,
  type RequestRecipe,
  type Sendable,
  sendFuzz,
  toSendable,
} from '../../support/census/import_requests.js';
import { INSPECT, inspectService, scriptedTarantool, untilSwept } from '../../support/db/inspect.js';
import { postImport, request } from '../../support/http/http.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { type RunningService, startService } from '../../support/service.js';

const BATCH = 10;
const BATCHES = IS_NIGHTLY ? 2000 : 50;
/** Smaller than the decoded bombs. */
const LIMIT_BYTES = 32 * 1024 * 1024;
const MEMTX_BYTES = 1024 ** 3;
/** Ten bodies of the maximum size would take 320 MB at once; the process itself takes 150 MB. */
const MAX_RESIDENT_MB = 800;
const POINTER = /^(\/([^/~]|~[01])*)*$/u;

type Sent = { sendable: Sendable; expected: Citizen[] | undefined; answer: FuzzAnswer | undefined };
type KeyedImport = { importId: number; fingerprint: string };

function importIdOf(answer: FuzzAnswer): number {
  return JSON.parse(answer.text).data.import_id;
}

/** Asserts that a refusal is one of the two kinds in docs/errors.md. */
function checkRefusal({ status, headers, text }: FuzzAnswer): void {
  if (headers['content-type'] === 'application/x-ndjson') {
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(status, 400);
    assert.ok(Number(headers['x-error-count']) >= lines.length && lines.length > 0);
    for (const { pointer, code, detail } of lines) {
      assert.match(pointer, POINTER);
      assert.match(`${code} ${detail}`, /^[A-Z_]+ ./);
    }
    return;
  }
  assert.equal(headers['content-type'], 'application/problem+json', text);
  const problem = JSON.parse(text);
  assert.equal(problem.status, status);
  assert.match(`${problem.code} ${problem.detail} ${problem.title} ${problem.requestId}`, /^[A-Z0-9_]+ ./);
  assert.equal(problem.errors !== undefined, problem.code === 'INVALID_INPUT');
  for (const { pointer, code } of problem.errors ?? []) {
    assert.match(pointer, POINTER);
    assert.match(code, /^[A-Z_]+$/);
  }
}

/** Asserts that the answer is one of those possible for the body; `hasKeyTrouble`: the key may cause a refusal. */
function checkAnswer({ sendable, expected, answer }: Sent): void {
  const { isDryRun, isTampered, framing, key } = sendable;
  if (answer === undefined) {
    assert.equal(framing, 'long', 'no answer to a request that is whole');
    return;
  }
  const { status, text } = answer;
  const told = `${status} ${text.slice(0, 500)}`;
  if (status >= 500) assert.ok(status === 503 || status === 507, told);
  if (status >= 300) checkRefusal(answer);
  if (expected === undefined) assert.ok(status >= 400, `taken, and must not be: ${told}`);
  else if (status < 300) assert.equal(status, isDryRun ? 200 : 201, told);
  else if (!isTampered) assert.ok(!isDryRun && key !== undefined && [409, 422].includes(status), `refused: ${told}`);
  if (status === 200) assert.equal(JSON.parse(text).data.citizens, expected?.length);
}

function peakMb(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

describe('imports that are odd, damaged or hostile', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  let service: RunningService;
  let db: Client;
  before(async () => {
    const env = { SVODKA_BODY_LIMIT: String(LIMIT_BYTES), SVODKA_MEMTX_MEMORY: String(MEMTX_BYTES) };
    service = await startService({ env: { ...scriptedTarantool(), ...env } });
    db = await inspectService(service);
  });
  after(async () => {
    agent.destroy();
    await db?.close();
    assert.equal(await service?.stop(), 0);
  });

  const known = new Set<number>();
  const keyed = new Map<string, KeyedImport>();
  const statuses = new Map<number | 'none', number>();

  async function send(recipe: RequestRecipe): Promise<Sent> {
    const sendable = toSendable(recipe, LIMIT_BYTES);
    const { decoded, format } = sendable;
    const answer = await sendFuzz(service.port, agent, sendable);
    const status = answer?.status ?? 'none';
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    return { sendable, expected: decoded && modelImport(decoded, format), answer };
  }

  function fingerprintOf({ format, decoded }: Sendable): string {
    return `${format}\n${decoded?.toString('latin1')}`;
  }

  /** A key has one import, which is returned only to clients that send the same body. */
  function checkKeys(batch: readonly Sent[]): void {
    const withKey = batch.filter(({ sendable }) => sendable.key !== undefined && !sendable.isDryRun);
    const isReplayed = ({ answer }: Sent) => answer?.headers['idempotency-replayed'] === 'true';
    for (const sent of withKey.filter((each) => each.answer?.status === 201 && !isReplayed(each))) {
      const key = sent.sendable.key as string;
      assert.ok(!keyed.has(key), `stored twice under ${key}`);
      keyed.set(key, { importId: importIdOf(sent.answer as FuzzAnswer), fingerprint: fingerprintOf(sent.sendable) });
    }
    for (const { sendable, answer } of withKey) {
      const stored = keyed.get(sendable.key as string);
      if (answer?.status === 422) assert.notEqual(stored?.fingerprint ?? '', fingerprintOf(sendable));
      if (answer?.headers['idempotency-replayed'] !== 'true') continue;
      assert.deepEqual({ importId: importIdOf(answer), fingerprint: fingerprintOf(sendable) }, stored);
    }
  }

  async function checkStored(batch: readonly Sent[]): Promise<void> {
    const acknowledged = new Map<number, Citizen[]>();
    for (const { answer, expected } of batch) {
      if (answer?.status === 201) acknowledged.set(importIdOf(answer), expected as Citizen[]);
    }
    const [importIds] = await db.call(INSPECT.importIds, []);
    const added = importIds.filter((id) => !known.has(id));
    for (const id of importIds) known.add(id);
    for (const id of acknowledged.keys()) assert.ok(known.has(id), `import ${id} was acknowledged and is gone`);
    assert.deepEqual(
      added.filter((id) => !acknowledged.has(id)),
      [],
      'there is an import that nobody was told of',
    );
    for (const id of added) assert.deepEqual(await listCitizens(service.url, id), acknowledged.get(id));
  }

  it('are each answered in order, and what is stored is what was acknowledged and sent', async (t) => {
    let batchCount = 0;
    const twins = fc.record({ recipe: anyRequest, isTwice: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(twins, { minLength: BATCH, maxLength: BATCH }), async (recipes) => {
        const twice = recipes.find(({ isTwice, recipe }) => isTwice && recipe.key !== undefined);
        const all = recipes.map(({ recipe }) => recipe);
        const batch = await Promise.all((twice ? [...all, twice.recipe] : all).map(send));
        for (const sent of batch) {
          try {
            checkAnswer(sent);
          } catch (reason) {
            const { decoded, ...rest } = sent.sendable;
            (reason as Error).message +=
              `\n${JSON.stringify({ ...rest, bytes: rest.bytes.length })}\n${decoded?.toString().slice(0, 2000)}`;
            throw reason;
          }
        }
        checkKeys(batch);
        await checkStored(batch);
        if (++batchCount % 50 === 0) await untilSwept(db);
      }),
      { numRuns: BATCHES, endOnFailure: true },
    );
    await untilSwept(db);
    t.diagnostic(`answers: ${[...statuses].map(([status, count]) => `${status} ${count}`).join(', ')}`);
    t.diagnostic(`${known.size} imports stored, ${keyed.size} of them under a key`);
  });

  it('leave the service as it was: it takes imports, its memory is bounded, its log has no fault of its own', async (t) => {
    const importId = await postImport(service.url, []);
    assert.equal((await request(`${service.url}/imports/${importId}`)).status, 200);
    const peak = Math.round(peakMb(service.child.pid as number));
    t.diagnostic(`the service had ${peak} MB at its peak`);
    assert.ok(peak < MAX_RESIDENT_MB, `${peak} MB`);
    assert.doesNotMatch(service.output(), /INTERNAL|"level":50|unhandled/i);
  });
});
