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
import { type Database, openDatabase } from './database.js';

// SQLite builds the JSON: rows as JavaScript objects and JSON.stringify take longer.
const LIST = `SELECT group_concat(
    '{"citizen_id":' || citizen_id || ',"town":' || json_quote(town) || ',"street":' || json_quote(street) ||
    ',"building":' || json_quote(building) || ',"apartment":' || apartment || ',"name":' || json_quote(name) ||
    ',"birth_date":"' || birth_date || '","gender":"' || gender || '","relatives":' || relatives || '}', ',')
  FROM citizens WHERE import_id = ?`;

const UPDATE = `UPDATE citizens SET
    town = coalesce(?, town), street = coalesce(?, street), building = coalesce(?, building),
    apartment = coalesce(?, apartment), name = coalesce(?, name), birth_date = coalesce(?, birth_date),
    gender = coalesce(?, gender), relatives = coalesce(?, relatives)
  WHERE import_id = ? AND citizen_id = ?
  RETURNING citizen_id, town, street, building, apartment, name, birth_date, gender, relatives`;

// Relations are symmetric, so the givers for a citizen are its listed relatives.
const PRESENTS = `SELECT CAST(substr(birth_date, 4, 2) AS INTEGER), giver.value, count(*)
  FROM citizens, json_each(relatives) AS giver
  WHERE import_id = ? AND relatives <> '[]' GROUP BY 1, 2`;

const AGES = `SELECT town,
    (CAST(? AS INTEGER) - CAST(substr(birth_date, 7) || substr(birth_date, 4, 2) || substr(birth_date, 1, 2) AS INTEGER)) / 10000, count(*)
  FROM citizens WHERE import_id = ? GROUP BY 1, 2 ORDER BY 1, 2`;

type Row = Omit<Citizen, 'relatives'> & { relatives: string };

function prepareAll(db: Database) {
  return {
    newImport: db.prepare('INSERT INTO imports DEFAULT VALUES'),
    isImport: db.prepare('SELECT 1 FROM imports WHERE id = ?').pluck(),
    insert: db.prepare('INSERT INTO citizens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    list: db.prepare(LIST).pluck(),
    update: db.prepare(UPDATE),
    relatives: db.prepare('SELECT relatives FROM citizens WHERE import_id = ? AND citizen_id = ?').pluck(),
    setRelatives: db.prepare('UPDATE citizens SET relatives = ? WHERE import_id = ? AND citizen_id = ?'),
    presents: db.prepare(PRESENTS).raw(),
    ages: db.prepare(AGES).raw(),
  };
}

/** `folder`: where the database is created. */
export async function openStore(folder: string): Promise<Store> {
  const db = openDatabase(join(folder, 'peer.db'));
  const sql = prepareAll(db);

  function requireImport(importId: number): void {
    if (sql.isImport.get(importId) === undefined) throw importNotFound();
  }

  function relativesOf(importId: number, citizenId: number): number[] | undefined {
    const stored = sql.relatives.get(importId, citizenId) as string | undefined;
    return stored === undefined ? undefined : JSON.parse(stored);
  }

  function update(importId: number, citizenId: number, changes: CitizenChanges): Citizen {
    const { town, street, building, apartment, name, birth_date, gender, relatives } = changes;
    const texts = [town, street, building, apartment, name, birth_date, gender].map((value) => value ?? null);
    const row = sql.update.get(...texts, relatives ? JSON.stringify(relatives) : null, importId, citizenId);
    if (row === undefined) {
      requireImport(importId);
      throw citizenNotFound();
    }
    return { ...(row as Row), relatives: JSON.parse((row as Row).relatives) };
  }

  function changeOthers(importId: number, citizenId: number, wanted: readonly number[]): void {
    const { added, removed } = differences(relativesOf(importId, citizenId) ?? [], wanted);
    const lists = new Map([...added, ...removed].map((id) => [id, relativesOf(importId, id)]));
    if (added.some((id) => lists.get(id) === undefined)) {
      throw unknownRelatives(wanted, (id) => relativesOf(importId, id) !== undefined);
    }
    const set = (id: number, relatives: readonly number[]) =>
      sql.setRelatives.run(JSON.stringify(relatives), importId, id);
    for (const id of added) set(id, [...(lists.get(id) ?? []), citizenId]);
    for (const id of removed)
      set(
        id,
        (lists.get(id) ?? []).filter((each) => each !== citizenId),
      );
  }

  const createImport = db.transaction((citizens: readonly Citizen[]): number => {
    const importId = Number(sql.newImport.run().lastInsertRowid);
    for (const { citizen_id, town, street, building, apartment, name, birth_date, gender, relatives } of citizens) {
      const list = relatives.length === 0 ? '[]' : JSON.stringify(relatives);
      sql.insert.run(importId, citizen_id, town, street, building, apartment, name, birth_date, gender, list);
    }
    return importId;
  });

  const patchWithRelatives = db.transaction((importId: number, citizenId: number, changes: CitizenChanges): Citizen => {
    if (relativesOf(importId, citizenId) !== undefined) changeOthers(importId, citizenId, changes.relatives ?? []);
    return update(importId, citizenId, changes);
  });

  return {
    createImport,
    listCitizens(importId) {
      const rows = sql.list.get(importId) as string | null;
      if (rows === null) requireImport(importId);
      return `{"data":[${rows ?? ''}]}`;
    },
    // A single statement is its own transaction.
    patchCitizen: (importId, citizenId, changes) =>
      (changes.relatives === undefined ? update : patchWithRelatives)(importId, citizenId, changes),
    countPresents(importId) {
      const counts = sql.presents.all(importId) as PresentCount[];
      if (counts.length === 0) requireImport(importId);
      return counts;
    },
    countAges(importId) {
      const counts = sql.ages.all(utcToday(), importId) as AgeCount[];
      if (counts.length === 0) requireImport(importId);
      return counts;
    },
    settle: () => void db.exec('ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)'),
  };
}
