import pg from 'pg';
import { POOL_SIZE, SESSION_OPTIONS } from './settings.js';

const INT8 = 20;
// The package's types cover only the numbers of single values.
const INT8_ARRAY = 1016 as typeof pg.types.builtins.INT8;

// Ids are at most 2^53 - 1, so JavaScript numbers hold them.
pg.types.setTypeParser(INT8, Number);
pg.types.setTypeParser(INT8_ARRAY, (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number)));

/**
 * Relatives are stored in their citizen's row: a table of pairs would slow the import and the list more than it helps
 * PATCH. There is no foreign key to `imports`: checking it would cost an import a look-up per citizen, and imports are
 * never removed. `fillfactor` leaves room for updated rows on the same page, which avoids index updates.
 */
const TABLES = `
  CREATE TABLE imports (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
  CREATE TABLE citizens (
    import_id bigint NOT NULL,
    citizen_id bigint NOT NULL,
    apartment bigint NOT NULL,
    birth_date date NOT NULL,
    town text NOT NULL,
    street text NOT NULL,
    building text NOT NULL,
    name text NOT NULL,
    gender text NOT NULL,
    relatives bigint[] NOT NULL,
    PRIMARY KEY (import_id, citizen_id)
  ) WITH (fillfactor = 90);
`;

export function createPool(socketDir: string): pg.Pool {
  return new pg.Pool({
    host: socketDir,
    user: 'postgres',
    database: 'postgres',
    max: POOL_SIZE,
    options: SESSION_OPTIONS,
  });
}

export async function createTables(pool: pg.Pool): Promise<void> {
  await pool.query(TABLES);
}

/** Runs `work` in a transaction on one connection. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (reason) {
    await client.query('ROLLBACK').catch((broken: Error) => {
      failure = broken;
    });
    throw reason;
  } finally {
    // If even the rollback fails, the connection is closed.
    client.release(failure);
  }
}
