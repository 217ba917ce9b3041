import { join } from 'node:path';
import { fullYears, parseBirthDate, utcToday } from '../../../app/calendar.js';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { ownPackage } from '../own_package.js';
import {
  type AgeCount,
  citizenNotFound,
  importNotFound,
  type PresentCount,
  type Store,
  unknownRelatives,
} from '../store.js';
import { PATCH_SCRIPT } from './patch.js';

/** What is used of ioredis. */
type Redis = {
  incr(key: string): Promise<number>;
  sismember(key: string, member: number): Promise<number>;
  hvals(key: string): Promise<string[]>;
  multi(): {
    sadd(key: string, member: number): unknown;
    hset(key: string, ...pairs: unknown[]): unknown;
    exec(): Promise<unknown>;
  };
  defineCommand(name: string, definition: { numberOfKeys: number; lua: string }): void;
  patchCitizen(key: string, citizenId: number, changes: string): Promise<string | string[]>;
};

const IMPORTS = 'imports';
const keyOf = (importId: number) => `citizens:${importId}`;

function toAgeCounts(citizens: readonly Citizen[]): AgeCount[] {
  const today = utcToday();
  const towns = new Map<string, Map<number, number>>();
  for (const { town, birth_date } of citizens) {
    const ages = towns.get(town) ?? new Map<number, number>();
    const age = fullYears(parseBirthDate(birth_date) as number, today);
    towns.set(town, ages.set(age, (ages.get(age) ?? 0) + 1));
  }
  return [...towns].flatMap(([town, ages]) =>
    [...ages].sort(([a], [b]) => a - b).map(([age, count]): AgeCount => [town, age, count]),
  );
}

function toPresentCounts(citizens: readonly Citizen[]): PresentCount[] {
  const months = Array.from({ length: 13 }, () => new Map<number, number>());
  for (const { birth_date, relatives } of citizens) {
    const givers = months[Number(birth_date.slice(3, 5))] as Map<number, number>;
    for (const giver of relatives) givers.set(giver, (givers.get(giver) ?? 0) + 1);
  }
  return months.flatMap((givers, month) => [...givers].map(([giver, count]): PresentCount => [month, giver, count]));
}

/**
 * An import is a hash of citizens as JSON. Redis has no queries: Node counts. `folder`: of the server's Unix socket.
 */
export async function openStore(folder: string): Promise<Store> {
  const { Redis } = ownPackage<{ Redis: new (path: string) => Redis }>('ioredis');
  const redis = new Redis(join(folder, 'redis.sock'));
  redis.defineCommand('patchCitizen', { numberOfKeys: 1, lua: PATCH_SCRIPT });

  async function requireImport(importId: number): Promise<void> {
    if ((await redis.sismember(IMPORTS, importId)) === 0) throw importNotFound();
  }

  async function texts(importId: number): Promise<string[]> {
    const found = await redis.hvals(keyOf(importId));
    if (found.length === 0) await requireImport(importId);
    return found;
  }

  const parsed = async (importId: number): Promise<Citizen[]> => JSON.parse(`[${(await texts(importId)).join()}]`);

  return {
    async createImport(citizens) {
      const importId = await redis.incr('last_import');
      const stored = redis.multi();
      stored.sadd(IMPORTS, importId);
      const pairs = citizens.flatMap((citizen) => [citizen.citizen_id, JSON.stringify(citizen)]);
      if (pairs.length > 0) stored.hset(keyOf(importId), ...pairs);
      await stored.exec();
      return importId;
    },
    listCitizens: async (importId) => `{"data":[${(await texts(importId)).join()}]}`,
    async patchCitizen(importId, citizenId, changes) {
      const answer = await redis.patchCitizen(keyOf(importId), citizenId, JSON.stringify(changes));
      if (typeof answer === 'string') return JSON.parse(answer);
      if (answer.length > 0) throw unknownRelatives(changes.relatives ?? [], (id) => !answer.includes(String(id)));
      await requireImport(importId);
      throw citizenNotFound();
    },
    countPresents: async (importId) => toPresentCounts(await parsed(importId)),
    countAges: async (importId) => toAgeCounts(await parsed(importId)),
  };
}
