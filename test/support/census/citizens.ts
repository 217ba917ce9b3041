import type { Citizen } from '../../../app/census/citizens/schema.js';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { type Answer, request } from '../http/http.js';

/** A valid citizen without relatives, determined by its id; the given fields replace its own. */
export function citizen(citizenId: number, changes: Partial<Citizen> = {}): Citizen {
  return { ...(makeCitizens(1, 0, citizenId)[0] as Citizen), citizen_id: citizenId, ...changes };
}

/** The citizens of an import as the service lists them. */
export async function listCitizens(url: string, importId: number): Promise<Citizen[]> {
  const answer: Answer<{ data: Citizen[] }> = await request(`${url}/imports/${importId}/citizens`);
  if (answer.status !== 200)
    throw new Error(`the list of import ${importId} answered ${answer.status}: ${answer.text}`);
  return answer.body.data;
}

/** Violations of the rules for relatives, as sentences: symmetric, known, unique, not oneself. */
export function relativesFaults(citizens: readonly Citizen[]): string[] {
  const relativesOf = new Map(citizens.map(({ citizen_id, relatives }) => [citizen_id, new Set(relatives)]));
  return citizens.flatMap(({ citizen_id: id, relatives }) => [
    ...(new Set(relatives).size < relatives.length ? [`${id} lists somebody twice: ${relatives}`] : []),
    ...(relatives.includes(id) ? [`${id} lists itself`] : []),
    ...relatives
      .filter((other) => !relativesOf.get(other)?.has(id))
      .map((other) => `${id} lists ${other}, who does not list it back`),
  ]);
}
