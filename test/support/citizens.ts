import { makeCitizens } from '../../app/demo/citizens.js';
import type { Citizen } from '../../app/imports/service.js';
import { type Answer, request } from './http.js';

/** A valid citizen, the same for the same id, with what the test cares about put in. */
export function citizen(citizenId: number, changes: Partial<Citizen> = {}): Citizen {
  return { ...(makeCitizens(1, 0, citizenId)[0] as Citizen), citizen_id: citizenId, ...changes };
}

/** The citizens of an import as the service lists them. */
export async function listCitizens(url: string, importId: number): Promise<Citizen[]> {
  const answer: Answer<{ data: Citizen[] }> = await request(`${url}/imports/${importId}/citizens`);
  if (answer.status !== 200) throw new Error(`the list answered ${answer.status}: ${answer.text}`);
  return answer.body.data;
}

/** `1 -> 2` for each relative that does not list back; empty when all is two-sided. */
export function oneSidedRelatives(citizens: readonly Citizen[]): string[] {
  const relativesOf = new Map(citizens.map(({ citizen_id, relatives }) => [citizen_id, new Set(relatives)]));
  return citizens.flatMap(({ citizen_id, relatives }) =>
    relatives.filter((id) => !relativesOf.get(id)?.has(citizen_id)).map((id) => `${citizen_id} -> ${id}`),
  );
}
