import { makeCitizens } from '../../app/demo/citizens.js';
import type { Citizen } from '../../app/imports/service.js';
import { request } from './http.js';

/** A valid citizen without relatives, the same for the same id. */
export function makeCitizen(citizenId: number, changes: Partial<Citizen> = {}): Citizen {
  return { ...(makeCitizens(1, 0, citizenId)[0] as Citizen), citizen_id: citizenId, ...changes };
}

/** All citizens of an import, as the service lists them. */
export async function listCitizens(url: string, importId: number): Promise<Citizen[]> {
  const { status, body, text } = await request<{ data: Citizen[] }>(`${url}/imports/${importId}/citizens`);
  if (status !== 200) throw new Error(`GET citizens of import ${importId} answered ${status}: ${text}`);
  return body.data;
}

/** Breaches of what must hold between relatives, as sentences: two-sided, known, nobody twice, nobody their own. */
export function relativesFaults(citizens: readonly Citizen[]): string[] {
  const byId = new Map(citizens.map((citizen) => [citizen.citizen_id, citizen]));
  return citizens.flatMap(({ citizen_id: id, relatives }) => [
    ...(new Set(relatives).size < relatives.length ? [`${id} lists somebody twice: ${relatives}`] : []),
    ...(relatives.includes(id) ? [`${id} lists itself`] : []),
    ...relatives
      .filter((other) => !byId.get(other)?.relatives.includes(id))
      .map((other) => `${id} lists ${other}, who does not list it back`),
  ]);
}
