import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DateNumber, utcToday } from '../calendar.js';
import { createViolationList, invalidInput, toViolation } from '../http/violations.js';
import { checkRelativesList } from './consistency.js';
import type { ImportParser } from './parser.js';
import type { ImportsRepository } from './repository.js';
import { toCitizen } from './rows.js';
import { type Citizen, type CitizenChanges, createShapeValidators } from './schema.js';

export type { Citizen } from './schema.js';

export type ImportsService = {
  /** Checks and stores an import; answers its id. `bytes` must not be used afterwards. @throws ServiceError */
  create(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  /** The import's citizens as pieces of the text of a JSON array. All is read before the first piece comes. */
  list(importId: number): Promise<AsyncIterable<string>>;
  /** Changes a citizen; answers it as it is now. `changes` is what the client sent. @throws ServiceError */
  patch(importId: number, citizenId: number, changes: unknown): Promise<Citizen>;
};

export type ImportsServiceParts = {
  repository: ImportsRepository;
  parser: ImportParser;
  today?: () => DateNumber;
};

export function createImportsService({ repository, parser, today = utcToday }: ImportsServiceParts): ImportsService {
  const validators = createShapeValidators();

  function validChanges(citizenId: number, changes: unknown): CitizenChanges {
    const list = createViolationList('Nothing was changed.');
    for (const error of validators.patch(changes, today())) list.add(toViolation(error, ''));
    const relatives = (changes as { relatives?: unknown } | null)?.relatives;
    if (Array.isArray(relatives)) checkRelativesList(citizenId, relatives, '/relatives', list.add);
    if (list.count() > 0) throw invalidInput(list);
    return changes as CitizenChanges;
  }

  return {
    async create(bytes) {
      return repository.create(await parser.parse(bytes, today()));
    },

    async list(importId) {
      return toJson(await repository.readAll(importId));
    },

    async patch(importId, citizenId, changes) {
      return repository.patch(importId, citizenId, validChanges(citizenId, changes));
    },
  };
}

/** 500 citizens are made into text in about 2 ms; between pieces others get their turn. */
const PIECE_ROWS = 500;

async function* toJson(pages: Awaited<ReturnType<ImportsRepository['readAll']>>): AsyncIterable<string> {
  let separator = '[';
  for (const page of pages) {
    for (let start = 0; start < page.length; start += PIECE_ROWS) {
      const piece = JSON.stringify(page.slice(start, start + PIECE_ROWS).map(toCitizen));
      yield separator + piece.slice(1, -1);
      separator = ',';
      await nextTurn();
    }
  }
  yield separator === '[' ? '[]' : ']';
}
