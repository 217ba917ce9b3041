import type { DateNumber } from '../../calendar.js';
import { createViolationList, invalidInput, toViolation } from '../../http/violations.js';
import { checkRelativesList } from './model/consistency.js';
import { type CitizenChanges, createShapeValidators } from './schema.js';

/** A change is checked on the event loop: 10,000 faults take about 10 ms. */
const MAX_FAULTS = 10_000;
/** A citizen has nine fields; naming 100,000 unknown ones would take 0.4 s. */
const MAX_KEYS = 100;

/** Returns what the client sent, once it is valid. @throws ServiceError INVALID_INPUT */
type ChangeCheck = (citizenId: number, changes: unknown) => CitizenChanges;

function hasTooManyKeys(changes: unknown): boolean {
  return typeof changes === 'object' && changes !== null && Object.keys(changes).length > MAX_KEYS;
}

export function createChangeCheck(today: () => DateNumber): ChangeCheck {
  const validators = createShapeValidators();
  return (citizenId, changes) => {
    const list = createViolationList('Nothing was changed.', MAX_FAULTS);
    if (hasTooManyKeys(changes)) {
      list.add({ pointer: '', code: 'TOO_COMPLEX', detail: 'holds far more than a citizen has' });
      throw invalidInput(list);
    }
    for (const error of validators.patch(changes, today())) list.add(toViolation(error, ''));
    const relatives = (changes as { relatives?: unknown } | null)?.relatives;
    if (Array.isArray(relatives)) checkRelativesList(citizenId, relatives, '/relatives', list.add);
    if (list.count() > 0) throw invalidInput(list);
    return changes as CitizenChanges;
  };
}
