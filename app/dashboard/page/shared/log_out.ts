import { ask } from './http_client.js';
import { endSession } from './session.js';

/** Ends the token, also where the service can no longer be told. */
export async function logOut(): Promise<void> {
  await ask('/api/v1/tokens/current', { method: 'DELETE' }).catch(() => {});
  endSession();
}
