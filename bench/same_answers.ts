import assert from 'node:assert/strict';
import type { Citizen } from '../app/census/citizens/schema.js';
import type { Birthdays } from '../app/census/presents/schema.js';
import { post } from './processes.js';
import { everydayBody } from './samples.js';

/** The same import on both sides, as the URL on each. */
export type Both = { ours: string; peer: string };

type Answer = { status: number; data: unknown };

const CHANGES: readonly (readonly [citizenId: number, changes: object])[] = [
  [1, { town: 'Керчь', apartment: 8 }],
  [3, { relatives: [1, 2], name: 'Имя "в кавычках"\\ \t\n' }],
  [3, { relatives: [2, 4], birth_date: '29.02.2004' }],
  [4, { relatives: [] }],
  [5, { relatives: [6], gender: 'female', street: 'Новая', building: '1' }],
];
const REFUSED: readonly (readonly [citizenId: number, changes: object, status: number])[] = [
  [1, {}, 400],
  [1, { citizen_id: 2 }, 400],
  [1, { town: null }, 400],
  [1, { relatives: [1] }, 400],
  [1, { relatives: [2, 999_999] }, 400],
  [999_999, { town: 'Керчь' }, 404],
];

const byId = (a: { citizen_id: number }, b: { citizen_id: number }) => a.citizen_id - b.citizen_id;

/** Relatives, citizens and presents are unordered. */
const citizenInOrder = (citizen: Citizen) => ({ ...citizen, relatives: [...citizen.relatives].sort((a, b) => a - b) });
const listInOrder = (data: unknown) => (data as Citizen[]).map(citizenInOrder).sort(byId);
const birthdaysInOrder = (data: unknown) => Object.values(data as Birthdays).map((presents) => presents.sort(byId));
const townsInOrder = (data: unknown) => (data as { town: string }[]).sort((a, b) => (a.town < b.town ? -1 : 1));

async function ask(url: string, method = 'GET', body?: object): Promise<Answer> {
  const init = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(url, { method, ...init });
  const answer = (await response.json()) as { data?: unknown };
  return { status: response.status, data: answer.data };
}

async function assertSame(
  { ours, peer }: Both,
  ask: (importUrl: string) => Promise<Answer>,
  status: number,
  inOrder: (data: unknown) => unknown = (data) => data,
): Promise<void> {
  const [mine, other] = [await ask(ours), await ask(peer)];
  assert.deepEqual([mine.status, other.status], [status, status]);
  if (status === 200) assert.deepEqual(inOrder(mine.data), inOrder(other.data));
}

async function assertSameData(both: Both): Promise<void> {
  await assertSame(both, (url) => ask(`${url}/citizens`), 200, listInOrder);
  await assertSame(both, (url) => ask(`${url}/citizens/birthdays`), 200, birthdaysInOrder);
  await assertSame(both, (url) => ask(`${url}/towns/stat/percentile/age`), 200, townsInOrder);
}

/**
 * Posts the everyday import to both sides and checks that they give the same answers, before and after changes, and
 * refuse the same invalid requests. @throws AssertionError
 */
export async function assertSameAnswers(ourUrl: string, peerUrl: string): Promise<Both> {
  const importAt = async (url: string) => `${url}/imports/${await post(url, everydayBody())}`;
  const both = { ours: await importAt(ourUrl), peer: await importAt(peerUrl) };
  await assertSameData(both);
  for (const [citizenId, changes] of CHANGES) {
    const change = (url: string) => ask(`${url}/citizens/${citizenId}`, 'PATCH', changes);
    await assertSame(both, change, 200, (data) => citizenInOrder(data as Citizen));
  }
  for (const [citizenId, changes, status] of REFUSED) {
    await assertSame(both, (url) => ask(`${url}/citizens/${citizenId}`, 'PATCH', changes), status);
  }
  await assertSame(both, (url) => ask(`${url}000/citizens`), 404);
  const imports = { ours: `${ourUrl}/imports`, peer: `${peerUrl}/imports` };
  await assertSame(imports, (url) => ask(url, 'POST', { citizens: [{ citizen_id: 1 }] }), 400);
  await assertSameData(both);
  return both;
}
