import { ownPackage } from '../own_package.js';

/** What is used of better-sqlite3. */
export type Statement = {
  run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint };
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
  raw(): Statement;
  pluck(): Statement;
};
export type Database = {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  pragma(text: string): unknown;
  transaction<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result;
};

/** Relatives are JSON in their citizen's row; birth dates are DD.MM.YYYY, as clients send them. */
const TABLES = `
  CREATE TABLE imports (id INTEGER PRIMARY KEY AUTOINCREMENT);
  CREATE TABLE citizens (
    import_id INTEGER NOT NULL,
    citizen_id INTEGER NOT NULL,
    town TEXT NOT NULL,
    street TEXT NOT NULL,
    building TEXT NOT NULL,
    apartment INTEGER NOT NULL,
    name TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    gender TEXT NOT NULL,
    relatives TEXT NOT NULL,
    PRIMARY KEY (import_id, citizen_id)
  ) WITHOUT ROWID;
`;

/** `file`: the path of a new database. */
export function openDatabase(file: string): Database {
  const Sqlite = ownPackage<new (file: string) => Database>('better-sqlite3');
  const db = new Sqlite(file);
  db.pragma('journal_mode = WAL');
  // As durable as Svodka with SVODKA_WAL_MODE=fsync: the log is synced at each commit.
  db.pragma('synchronous = FULL');
  // All data fits into memory, as in Tarantool.
  db.pragma('cache_size = -1048576');
  db.exec(TABLES);
  return db;
}
