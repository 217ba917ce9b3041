/** Who is logged in, in this tab: the token is forgotten with it, and stands in no URL. */
export type Session = {
  username: string | undefined;
  /** The service has asked for a token, and there is none. */
  needsLogIn: boolean;
};

/** `outlives`: the token was made elsewhere and stays valid when the session ends. */
type Kept = { token: string; username: string; outlives?: boolean };

/** The browser's. Tests of the page's rules are compiled without its types. */
declare const sessionStorage: {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
};

const STORED_AS = 'svodka.session';
const listeners = new Set<() => void>();

/** A browser may forbid storage, and anybody may have written there. */
function readStored(): Kept | undefined {
  try {
    const { token, username, outlives } = JSON.parse(sessionStorage.getItem(STORED_AS) ?? '{}');
    if (typeof token !== 'string' || typeof username !== 'string') return undefined;
    return { token, username, outlives: outlives === true };
  } catch {
    return undefined;
  }
}

let kept = readStored();
let needsLogIn = false;

function change(next: Kept | undefined, isNeeded: boolean): void {
  kept = next;
  needsLogIn = isNeeded;
  try {
    if (next === undefined) sessionStorage.removeItem(STORED_AS);
    else sessionStorage.setItem(STORED_AS, JSON.stringify(next));
  } catch {
    // Then it is forgotten when the page is loaded again.
  }
  for (const listener of [...listeners]) listener();
}

/** The header of a request; empty while nobody is logged in. */
export function authorization(): Record<string, string> {
  return kept === undefined ? {} : { Authorization: `Token ${kept.token}` };
}

/** Somebody has logged in. `outlives`: with a token that was made elsewhere, and stays valid when the session ends. */
export function beginSession(username: string, token: string, outlives = false): void {
  change({ username, token, outlives }, false);
}

/** Whether the token was made by the log-in. */
export function isTokenOfSession(): boolean {
  return kept !== undefined && kept.outlives !== true;
}

/**
 * The service answered 401 to a request that had these headers. True: the token has ended, and is forgotten; the same
 * request may succeed without one. False: a token is needed.
 */
export function refuseSession(sent: Record<string, string>): boolean {
  const current = authorization();
  if (sent['Authorization'] !== undefined) {
    if (sent['Authorization'] === current['Authorization']) change(undefined, needsLogIn);
    return true;
  }
  if (kept === undefined) change(undefined, true);
  return false;
}

/** The user has gone elsewhere in the page, which may need no token. */
export function forgetNeed(): void {
  if (needsLogIn) change(kept, false);
}

/** Forgets the token. */
export function endSession(): void {
  change(undefined, false);
}

/** The session as it is. */
export function readSession(): Session {
  return { username: kept?.username, needsLogIn };
}

/** `listener` is called whenever the session changes. Answers the function that ends that. */
export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
