import type { Citizen, CitizenChanges } from '../../app/census/citizens/schema.js';
import { ServiceError } from '../../app/errors.js';

/** How many presents a citizen buys in a month. */
export type PresentCount = readonly [month: number, citizenId: number, presents: number];
/** How many citizens of a town have an age. Ages of a town are in ascending order. */
export type AgeCount = readonly [town: string, age: number, citizens: number];

type Eventually<Value> = Value | Promise<Value>;

/** What a peer does for the five handlers. All but `settle` throw ServiceError, IMPORT_NOT_FOUND among others. */
export type Store = {
  /** Stores an import, all or nothing; returns its id once it is durable. */
  createImport(citizens: readonly Citizen[]): Eventually<number>;
  /** The text `{"data": [...]}`. */
  listCitizens(importId: number): Eventually<string>;
  /** Changes a citizen and its relatives; returns its new state once it is durable. */
  patchCitizen(importId: number, citizenId: number, changes: CitizenChanges): Eventually<Citizen>;
  countPresents(importId: number): Eventually<readonly PresentCount[]>;
  countAges(importId: number): Eventually<readonly AgeCount[]>;
  /** Does what the database does by itself a little later, so that it is not due during a measurement. */
  settle?(): Eventually<void>;
};

export function importNotFound(): ServiceError {
  return new ServiceError('IMPORT_NOT_FOUND', 'No import has this id.');
}

export function citizenNotFound(): ServiceError {
  return new ServiceError('CITIZEN_NOT_FOUND', 'No citizen has this id in this import.');
}

/** The error of a change that names citizens as relatives whom the import does not have. */
export function unknownRelatives(wanted: readonly number[], isKnown: (id: number) => boolean): ServiceError {
  const violations = wanted.flatMap((id, place) =>
    isKnown(id) ? [] : [{ pointer: `/relatives/${place}`, code: 'UNKNOWN_RELATIVE', detail: `there is no ${id}` }],
  );
  return new ServiceError('INVALID_INPUT', 'Unknown relatives. Nothing was changed.', { violations });
}

/** Ids that are only in the second list, and those that are only in the first. */
export function differences(
  before: readonly number[],
  after: readonly number[],
): { added: number[]; removed: number[] } {
  const [old, wanted] = [new Set(before), new Set(after)];
  return { added: after.filter((id) => !old.has(id)), removed: before.filter((id) => !wanted.has(id)) };
}
