import type pg from 'pg';
import type { Citizen, CitizenChanges } from '../../../app/census/citizens/schema.js';
import { ServiceError } from '../../../app/errors.js';
import {
  type AgeCount,
  citizenNotFound,
  differences,
  importNotFound,
  type PresentCount,
  type Store,
  unknownRelatives,
} from '../store.js';
import { copyCitizens } from './copy.js';
import { createPool, createTables, inTransaction } from './database.js';

/** PostgreSQL's text type can store everything except U+0000. */
const UNTRANSLATABLE = '22021';

// PostgreSQL builds the JSON, because its backends use both cores; in Node one thread would build all of it.
// concat with to_json takes three quarters of the time of row_to_json or json_build_object.
const LIST = {
  name: 'list',
  rowMode: 'array',
  text: `SELECT (
      SELECT string_agg(concat(
        '{"citizen_id":', citizen_id, ',"town":', to_json(town), ',"street":', to_json(street),
        ',"building":', to_json(building), ',"apartment":', apartment, ',"name":', to_json(name),
        ',"birth_date":"', birth_date, '","gender":"', gender,
        '","relatives":[', array_to_string(relatives, ','), ']}'
      ), ',') FROM citizens WHERE import_id = imports.id
    ) FROM imports WHERE id = $1`,
} as const;

const UPDATE = {
  name: 'update',
  text: `UPDATE citizens SET
      town = coalesce($3, town), street = coalesce($4, street), building = coalesce($5, building),
      apartment = coalesce($6, apartment), name = coalesce($7, name), birth_date = coalesce($8, birth_date),
      gender = coalesce($9, gender), relatives = coalesce($10, relatives)
    WHERE import_id = $1 AND citizen_id = $2
    RETURNING citizen_id, town, street, building, apartment, name, birth_date::text, gender, relatives`,
} as const;

const RELATIVES = {
  name: 'relatives',
  text: 'SELECT relatives FROM citizens WHERE import_id = $1 AND citizen_id = $2',
} as const;

// Ids are sorted, so that concurrent transactions cannot deadlock.
const LOCK = {
  name: 'lock',
  text: `SELECT citizen_id, relatives FROM citizens
    WHERE import_id = $1 AND citizen_id = ANY($2) ORDER BY citizen_id FOR UPDATE`,
} as const;

const GAIN = {
  name: 'gain',
  text: `UPDATE citizens SET relatives = array_append(relatives, $2) WHERE import_id = $1 AND citizen_id = ANY($3)`,
} as const;

const LOSE = {
  name: 'lose',
  text: `UPDATE citizens SET relatives = array_remove(relatives, $2) WHERE import_id = $1 AND citizen_id = ANY($3)`,
} as const;

// Relations are symmetric, so the givers for a citizen are its listed relatives: one pass and no join.
const PRESENTS = {
  name: 'presents',
  rowMode: 'array',
  text: `SELECT date_part('month', birth_date)::int, buyer, count(*)::int
    FROM citizens CROSS JOIN unnest(relatives) AS buyer
    WHERE import_id = $1 AND relatives <> '{}' GROUP BY 1, 2`,
} as const;

const AGES = {
  name: 'ages',
  rowMode: 'array',
  text: `SELECT town, date_part('year', age((now() AT TIME ZONE 'UTC')::date, birth_date::timestamp))::int, count(*)::int
    FROM citizens WHERE import_id = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
} as const;

type Relatives = { relatives: number[] };
type Queryable = pg.Pool | pg.PoolClient;

async function requireImport(db: Queryable, importId: number): Promise<void> {
  const { rowCount } = await db.query('SELECT FROM imports WHERE id = $1', [importId]);
  if (rowCount === 0) throw importNotFound();
}

async function notFound(db: Queryable, importId: number): Promise<never> {
  await requireImport(db, importId);
  throw citizenNotFound();
}

function createImport(pool: pg.Pool, citizens: readonly Citizen[]): Promise<number> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: number }>('INSERT INTO imports DEFAULT VALUES RETURNING id');
    const importId = (rows[0] as { id: number }).id;
    await copyCitizens(client, importId, citizens);
    return importId;
  });
}

async function listCitizens(pool: pg.Pool, importId: number): Promise<string> {
  const { rows } = await pool.query<[string | null]>({ ...LIST, values: [importId] });
  const [row] = rows;
  if (row === undefined) throw importNotFound();
  return `{"data":[${row[0] ?? ''}]}`;
}

async function update(db: Queryable, importId: number, citizenId: number, changes: CitizenChanges): Promise<Citizen> {
  const { town, street, building, apartment, name, birth_date, gender, relatives } = changes;
  const { rows } = await db.query<Citizen>({
    ...UPDATE,
    values: [importId, citizenId, town, street, building, apartment, name, birth_date, gender, relatives],
  });
  return rows[0] ?? notFound(db, importId);
}

/** Locks every citizen that the change affects, then reads the relatives; undefined if they changed before the lock. */
async function lockRelatives(
  client: pg.PoolClient,
  importId: number,
  citizenId: number,
  wanted: readonly number[],
): Promise<readonly number[] | undefined> {
  const seen = await client.query<Relatives>({ ...RELATIVES, values: [importId, citizenId] });
  if (seen.rows[0] === undefined) return notFound(client, importId);
  const touched = new Set([citizenId, ...seen.rows[0].relatives, ...wanted]);
  const { rows } = await client.query<Relatives & { citizen_id: number }>({
    ...LOCK,
    values: [importId, [...touched]],
  });
  const current = rows.find(({ citizen_id }) => citizen_id === citizenId)?.relatives ?? [];
  if (!current.every((id) => touched.has(id))) return undefined;
  if (rows.length < touched.size) {
    const known = new Set(rows.map(({ citizen_id }) => citizen_id));
    throw unknownRelatives(wanted, (id) => known.has(id));
  }
  return current;
}

async function updateWithRelatives(
  client: pg.PoolClient,
  importId: number,
  citizenId: number,
  changes: CitizenChanges & Relatives,
): Promise<Citizen | undefined> {
  const current = await lockRelatives(client, importId, citizenId, changes.relatives);
  if (current === undefined) return undefined;
  const { added, removed } = differences(current, changes.relatives);
  if (added.length > 0) await client.query({ ...GAIN, values: [importId, citizenId, added] });
  if (removed.length > 0) await client.query({ ...LOSE, values: [importId, citizenId, removed] });
  return update(client, importId, citizenId, changes);
}

async function patchCitizen(
  pool: pg.Pool,
  importId: number,
  citizenId: number,
  changes: CitizenChanges,
): Promise<Citizen> {
  const { relatives } = changes;
  // A single statement is its own transaction and locks its row.
  if (relatives === undefined) return update(pool, importId, citizenId, changes);
  for (;;) {
    const citizen = await inTransaction(pool, (client) =>
      updateWithRelatives(client, importId, citizenId, { ...changes, relatives }),
    );
    if (citizen !== undefined) return citizen;
  }
}

async function counts<Row extends readonly unknown[]>(
  pool: pg.Pool,
  query: typeof PRESENTS | typeof AGES,
  importId: number,
): Promise<readonly Row[]> {
  const { rows } = await pool.query<[...Row]>({ ...query, values: [importId] });
  if (rows.length === 0) await requireImport(pool, importId);
  return rows as readonly unknown[] as readonly Row[];
}

async function translatable<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (reason) {
    if ((reason as { code?: unknown }).code !== UNTRANSLATABLE) throw reason;
    throw new ServiceError('INVALID_INPUT', 'PostgreSQL holds no U+0000.');
  }
}

/** `socketDir`: the folder of the server's Unix socket. */
export async function openStore(socketDir: string): Promise<Store> {
  const pool = createPool(socketDir);
  // Pending queries report a lost server themselves; for idle connections the error is ignored.
  pool.on('error', () => {});
  await createTables(pool);
  return {
    createImport: (citizens) => translatable(createImport(pool, citizens)),
    listCitizens: (importId) => listCitizens(pool, importId),
    patchCitizen: (importId, citizenId, changes) => translatable(patchCitizen(pool, importId, citizenId, changes)),
    countPresents: (importId) => counts<PresentCount>(pool, PRESENTS, importId),
    countAges: (importId) => counts<AgeCount>(pool, AGES, importId),
    async settle() {
      await pool.query('VACUUM ANALYZE');
      await pool.query('CHECKPOINT');
    },
  };
}
