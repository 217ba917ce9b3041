import { ownPackage } from '../own_package.js';

/** What is used of @duckdb/node-api. */
export type Rows = { getRows(): readonly (readonly unknown[])[] };
export type Connection = {
  run(sql: string, values?: readonly unknown[]): Promise<unknown>;
  runAndReadAll(sql: string, values?: readonly unknown[]): Promise<Rows>;
};
type DuckDb = { DuckDBInstance: { create(file: string): Promise<{ connect(): Promise<Connection> }> } };

/**
 * Without a primary key: DuckDB checks it too early within a transaction and refuses changes of relatives. A citizen is
 * found by a scan of the import, whose rows are together.
 */
const TABLES = `
  CREATE SEQUENCE import_ids;
  CREATE TABLE imports (id BIGINT NOT NULL);
  CREATE TABLE citizens (
    import_id BIGINT NOT NULL,
    citizen_id BIGINT NOT NULL,
    town VARCHAR NOT NULL,
    street VARCHAR NOT NULL,
    building VARCHAR NOT NULL,
    apartment BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    birth_date VARCHAR NOT NULL,
    gender VARCHAR NOT NULL,
    relatives BIGINT[] NOT NULL
  );
`;

/** `file`: the path of a new database. Its log is synced at each commit, which is the default. */
export async function openDatabase(file: string): Promise<Connection> {
  const { DuckDBInstance } = ownPackage<DuckDb>('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(file)).connect();
  await connection.run(TABLES);
  return connection;
}
