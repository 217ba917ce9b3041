import { makeCitizens } from '../../app/census/demo/citizens.js';
import { postImport, request } from '../support/http/http.js';
import type { Supply } from './supply.js';

type Listed = { data: { import_id: number }[] };

async function listed(url: string): Promise<number[]> {
  const { body, status } = await request<Listed>(`${url}/imports?limit=1000`);
  return status === 200 ? body.data.map(({ import_id }) => import_id) : [];
}

/** Deletes all imports except the newest so many and those still being received. Returns how many there were. */
export async function prune(url: string, supply: Supply, keep: number): Promise<number> {
  const ids = await listed(url);
  for (const id of ids.slice(keep)) {
    await request(`${url}/imports/${id}`, { method: 'DELETE' });
    supply.forgetImport(id);
  }
  return ids.length;
}

/** Ensures that there are imports to query and that the supply of requests knows them. */
export async function refill(url: string, supply: Supply, seed: number): Promise<void> {
  const importId = await postImport(url, makeCitizens(200, 50, seed));
  for (const path of [`/imports/${importId}`, `/imports/${importId}/citizens?limit=50`]) {
    const { body: json, status } = await request(`${url}${path}`);
    supply.learn({ status, json, headers: {} }, path);
  }
}
