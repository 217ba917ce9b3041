import { formatBirthDate } from '../../calendar.js';
import { decode } from '../../db/wire/msgpack.js';
import type { CitizenTuple } from './procedures.js';
import type { Citizen } from './schema.js';

/** A stored tuple -> the citizen as the API shows it. */
export function toCitizen(tuple: CitizenTuple): Citizen {
  const [, citizen_id, town, street, building, apartment, name, birthDate, gender, relatives] = tuple;
  return {
    citizen_id,
    town,
    street,
    building,
    apartment,
    name,
    birth_date: formatBirthDate(birthDate),
    gender: gender as Citizen['gender'],
    relatives,
  };
}

/** An array of stored tuples as MessagePack -> the citizens. */
export function toCitizens(rows: Buffer): Citizen[] {
  return (decode(rows).value as unknown as CitizenTuple[]).map(toCitizen);
}
