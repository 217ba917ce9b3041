import { ask } from '../shared/http_client.js';
import { authorization, endSession, isTokenOfSession } from './session.js';

/**
 * Forgets the token. One that the log-in made is ended too, where the service can be told; nothing else is sent with it
 * once it has ended.
 */
export async function logOut(): Promise<void> {
  const [headers, mayEnd] = [authorization(), isTokenOfSession()];
  endSession();
  if (mayEnd) await ask('/api/v1/tokens/current', { method: 'DELETE', headers }).catch(() => {});
}
