import { ask } from '../shared/http_client.js';
import { useLoaded } from '../shared/loading.js';
import { authorization } from './session.js';
import { useSession } from './use_session.js';

/** Who is logged in, and what that user may do. */
type Me = { username: string; roles: readonly string[]; created_at: string };

let asked: { token: string | undefined; answer: Promise<Me> } | undefined;

/** Asks once for each token. */
function readMe(): Promise<Me> {
  const token = authorization()['Authorization'];
  if (asked === undefined || asked.token !== token) {
    const answer = ask<Me>('/api/v1/me').then(({ body }) => body);
    asked = { token, answer };
    answer.catch(() => {
      asked = undefined;
    });
  }
  return asked.answer;
}

/** Whether a user may do what one of the roles may. An admin may do everything. */
export function hasOneOf(me: Me | undefined, roles: readonly string[]): boolean {
  return me?.roles.some((role) => role === 'admin' || roles.includes(role)) === true;
}

/** The user who is logged in; undefined while nobody is, and until the service has answered. */
export function useMe(): Me | undefined {
  const { username } = useSession();
  const { value } = useLoaded(username === undefined ? undefined : readMe, [username]);
  return value?.username === username ? value : undefined;
}
