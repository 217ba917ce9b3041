import { ask } from '../shared/http_client.js';
import { authorization, endSession } from './session.js';

/** Forgets the token and ends it, where the service can be told. Nothing else is sent with it once it has ended. */
export async function logOut(): Promise<void> {
  const headers = authorization();
  endSession();
  await ask('/api/v1/tokens/current', { method: 'DELETE', headers }).catch(() => {});
}
