import { join } from 'node:path';
import { utcToday } from '../../../app/calendar.js';
import type { Citizen, CitizenChanges } from '../../../app/census/citizens/schema.js';
import {
  type AgeCount,
  citizenNotFound,
  differences,
  importNotFound,
  type PresentCount,
  type Store,
  unknownRelatives,
} from '../store.js';
import { openDatabase } from './database.js';

const FIELDS = 'citizen_id, town, street, building, apartment, name, birth_date, gender, relatives';
const SHAPE = JSON.stringify([
  {
    ...{ citizen_id: 'BIGINT', town: 'VARCHAR', street: 'VARCHAR', building: 'VARCHAR', apartment: 'BIGINT' },
    ...{ name: 'VARCHAR', birth_date: 'VARCHAR', gender: 'VARCHAR', relatives: ['BIGINT'] },
  },
]);
const STRUCT = `{${FIELDS.split(', ')
  .map((field) => `'${field}': ${field}`)
  .join(', ')}}`;

// DuckDB reads the JSON faster than its appender takes values from JavaScript.
const INSERT = `INSERT INTO citizens
  SELECT $1::BIGINT, unnest(from_json($2::JSON, '${SHAPE}'), max_depth := 2)`;
const LIST = `SELECT to_json(list(${STRUCT}))::VARCHAR FROM citizens WHERE import_id = $1::BIGINT`;
const ONE = `SELECT to_json(${STRUCT})::VARCHAR FROM citizens WHERE import_id = $1::BIGINT AND citizen_id = $2::BIGINT`;
const UPDATE = `UPDATE citizens SET
    town = coalesce($3::VARCHAR, town), street = coalesce($4::VARCHAR, street),
    building = coalesce($5::VARCHAR, building), apartment = coalesce($6::BIGINT, apartment),
    name = coalesce($7::VARCHAR, name), birth_date = coalesce($8::VARCHAR, birth_date),
    gender = coalesce($9::VARCHAR, gender), relatives = coalesce(from_json($10::JSON, '["BIGINT"]'), relatives)
  WHERE import_id = $1::BIGINT AND citizen_id = $2::BIGINT
  RETURNING to_json(${STRUCT})::VARCHAR`;
const PRESENTS = `SELECT substr(birth_date, 4, 2)::INT, giver, count(*)
  FROM (SELECT birth_date, unnest(relatives) AS giver FROM citizens WHERE import_id = $1::BIGINT) GROUP BY 1, 2`;
const AGES = `SELECT town,
    ($2::INT - (substr(birth_date, 7, 4) || substr(birth_date, 4, 2) || substr(birth_date, 1, 2))::INT) // 10000 AS age,
    count(*)
  FROM citizens WHERE import_id = $1::BIGINT GROUP BY 1, 2 ORDER BY 1, 2`;

/** `folder`: where the database is created. */
export async function openStore(folder: string): Promise<Store> {
  const db = await openDatabase(join(folder, 'peer.duckdb'));
  let last: Promise<unknown> = Promise.resolve();

  /** One connection has one transaction at a time; DuckDB refuses concurrent changes of a row instead of waiting. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  async function transaction<Result>(work: () => Promise<Result>): Promise<Result> {
    await db.run('BEGIN');
    try {
      const result = await work();
      await db.run('COMMIT');
      return result;
    } catch (reason) {
      await db.run('ROLLBACK');
      throw reason;
    }
  }

  async function rows<Row>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return (await db.runAndReadAll(sql, values)).getRows() as readonly unknown[] as readonly Row[];
  }

  async function requireImport(importId: number): Promise<void> {
    const [found] = await rows('SELECT 1 FROM imports WHERE id = $1::BIGINT', [importId]);
    if (found === undefined) throw importNotFound();
  }

  async function find(importId: number, citizenId: number): Promise<Citizen | undefined> {
    const [row] = await rows<[string]>(ONE, [importId, citizenId]);
    return row === undefined ? undefined : JSON.parse(row[0]);
  }

  async function update(importId: number, citizenId: number, changes: CitizenChanges): Promise<Citizen> {
    const { town, street, building, apartment, name, birth_date, gender, relatives } = changes;
    const list = relatives && JSON.stringify(relatives);
    const values = [town, street, building, apartment, name, birth_date, gender, list].map((value) => value ?? null);
    const [row] = await rows<[string]>(UPDATE, [importId, citizenId, ...values]);
    if (row !== undefined) return JSON.parse(row[0]);
    await requireImport(importId);
    throw citizenNotFound();
  }

  async function changeOthers(importId: number, citizen: Citizen, wanted: readonly number[]): Promise<void> {
    const { added, removed } = differences(citizen.relatives, wanted);
    const others = new Map<number, Citizen | undefined>();
    for (const id of [...added, ...removed]) others.set(id, await find(importId, id));
    const isUnknown = (id: number) => others.has(id) && others.get(id) === undefined;
    if (added.some(isUnknown)) throw unknownRelatives(wanted, (id) => !isUnknown(id));
    for (const [id, other] of others) {
      const without = (other?.relatives ?? []).filter((each) => each !== citizen.citizen_id);
      const relatives = added.includes(id) ? [...without, citizen.citizen_id] : without;
      await update(importId, id, { relatives });
    }
  }

  /** Counts arrive as bigint. */
  async function counts<Row>(sql: string, importId: number, ...values: unknown[]): Promise<readonly Row[]> {
    const found = await rows<readonly unknown[]>(sql, [importId, ...values]);
    if (found.length === 0) await requireImport(importId);
    const toNumber = (value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
    return found.map((row) => row.map(toNumber)) as readonly unknown[] as readonly Row[];
  }

  return {
    createImport: (citizens) =>
      inTurn(() =>
        transaction(async () => {
          const [row] = await rows<[bigint]>("INSERT INTO imports VALUES (nextval('import_ids')) RETURNING id", []);
          const importId = Number(row?.[0]);
          await db.run(INSERT, [importId, JSON.stringify(citizens)]);
          return importId;
        }),
      ),
    async listCitizens(importId) {
      const [row] = await inTurn(() => rows<[string | null]>(LIST, [importId]));
      if (row?.[0] == null) await requireImport(importId);
      return `{"data":${row?.[0] ?? '[]'}}`;
    },
    patchCitizen(importId, citizenId, changes) {
      const { relatives } = changes;
      // A single statement is its own transaction.
      if (relatives === undefined) return inTurn(() => update(importId, citizenId, changes));
      return inTurn(() =>
        transaction(async () => {
          const citizen = await find(importId, citizenId);
          if (citizen !== undefined) await changeOthers(importId, citizen, relatives);
          return update(importId, citizenId, changes);
        }),
      );
    },
    countPresents: (importId) => inTurn(() => counts<PresentCount>(PRESENTS, importId)),
    countAges: (importId) => inTurn(() => counts<AgeCount>(AGES, importId, utcToday())),
    settle: () => inTurn(() => db.run('CHECKPOINT')).then(() => {}),
  };
}
