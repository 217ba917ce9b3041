import { type DateNumber, utcToday } from '../calendar.js';
import { createKeptAnswers, type IsKnown, inEnvelope, type KeptAnswer } from '../http/kept_answers.js';
import { createViolationList, invalidInput, toViolation } from '../http/violations.js';
import { checkRelativesList } from './consistency.js';
import type { ImportParser } from './parser.js';
import type { ImportsRepository } from './repository.js';
import { type Citizen, type CitizenChanges, createShapeValidators } from './schema.js';

export type { Citizen } from './schema.js';

/** 25 imports of everyday size. */
const KEPT_LISTS_BYTES = 64 * 1024 * 1024;
/** A change is checked on the event loop: 10,000 faults take about 10 ms. */
const MOST_FAULTS_OF_A_CHANGE = 10_000;
/** A citizen has nine; naming 100,000 unknown ones would take 0.4 s. */
const MOST_KEYS_OF_A_CHANGE = 100;

function holdsTooMuch(changes: unknown): boolean {
  return typeof changes === 'object' && changes !== null && Object.keys(changes).length > MOST_KEYS_OF_A_CHANGE;
}

export type ImportsService = {
  /** Checks and stores an import; answers its id. `bytes` must not be used afterwards. @throws ServiceError */
  create(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  /** The import's citizens as of one moment, `{"data": [...]}`. @throws ServiceError IMPORT_NOT_FOUND */
  list(importId: number, isKnown: IsKnown): Promise<KeptAnswer>;
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
  const lists = createKeptAnswers(KEPT_LISTS_BYTES, (importId) => repository.state(importId));

  function validChanges(citizenId: number, changes: unknown): CitizenChanges {
    const list = createViolationList('Nothing was changed.', MOST_FAULTS_OF_A_CHANGE);
    if (holdsTooMuch(changes)) {
      list.add({ pointer: '', code: 'TOO_COMPLEX', detail: 'holds far more than a citizen has' });
      throw invalidInput(list);
    }
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

    list(importId, isKnown) {
      return lists.answer(importId, '', isKnown, async () => {
        const { version, pieces } = await repository.readAll(importId);
        return { version, pieces: inEnvelope(pieces) };
      });
    },

    async patch(importId, citizenId, changes) {
      return repository.patch(importId, citizenId, validChanges(citizenId, changes));
    },
  };
}
