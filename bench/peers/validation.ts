import { utcToday } from '../../app/calendar.js';
import { checkRelativesList } from '../../app/census/citizens/model/consistency.js';
import { type Citizen, type CitizenChanges, createShapeValidators } from '../../app/census/citizens/schema.js';
import { createRelations } from '../../app/census/imports/across_records/relations.js';
import { createViolationList, invalidInput, toViolation } from '../../app/http/violations.js';

const validators = createShapeValidators();

/** Validates an import's body and returns its citizens. @throws ServiceError INVALID_INPUT */
export function validImport(body: unknown): readonly Citizen[] {
  const list = createViolationList('Nothing was stored.');
  const { citizens, ...others } = (body ?? {}) as { citizens?: unknown };
  if (!Array.isArray(citizens) || Object.keys(others).length > 0) {
    list.add({ pointer: '', code: 'WRONG_TYPE', detail: 'must be an object with an array of citizens only' });
    throw invalidInput(list);
  }
  const today = utcToday();
  citizens.forEach((citizen: unknown, place) => {
    for (const error of validators.citizen(citizen, today)) list.add(toViolation(error, `/citizens/${place}`));
  });
  const relations = createRelations(list.add);
  for (const citizen of citizens) relations.add(citizen?.citizen_id, citizen?.relatives, 0);
  relations.check();
  if (list.count() > 0) throw invalidInput(list);
  return citizens;
}

/** @throws ServiceError INVALID_INPUT */
export function validChanges(citizenId: number, body: unknown): CitizenChanges {
  const list = createViolationList('Nothing was changed.');
  for (const error of validators.patch(body, utcToday())) list.add(toViolation(error, ''));
  const { relatives } = (body ?? {}) as { relatives?: unknown };
  if (Array.isArray(relatives)) checkRelativesList(citizenId, relatives, '/relatives', list.add);
  if (list.count() > 0) throw invalidInput(list);
  return body as CitizenChanges;
}
