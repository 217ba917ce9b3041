import { ServiceError } from '../errors.js';

/** Parameters of a path, by name, as they came. */
type PathParams = Readonly<Record<string, string>>;

/** A non-negative whole number; undefined for anything else, which names nothing that exists. */
function toId(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}

/** undefined: not an id */
export function importIdIn(params: PathParams): number | undefined {
  return toId(params['import_id']);
}

/** @throws ServiceError IMPORT_NOT_FOUND when it is not an id */
export function importIdFromPath(params: PathParams): number {
  const id = importIdIn(params);
  if (id === undefined) throw new ServiceError('IMPORT_NOT_FOUND', 'No import has this id.');
  return id;
}

/** The id of the second import of a comparison. @throws ServiceError IMPORT_NOT_FOUND when it is not an id */
export function otherImportIdFromPath(params: PathParams): number {
  const id = toId(params['other_id']);
  if (id === undefined) throw new ServiceError('IMPORT_NOT_FOUND', 'No import has the second id.');
  return id;
}

/** @throws ServiceError CITIZEN_NOT_FOUND when it is not an id */
export function citizenIdFromPath(params: PathParams): number {
  const id = toId(params['citizen_id']);
  if (id === undefined) throw new ServiceError('CITIZEN_NOT_FOUND', 'No citizen has this id in this import.');
  return id;
}
