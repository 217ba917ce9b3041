import { useEffect, useState } from 'preact/hooks';
import { onSessionChange, readSession, type Session } from './session.js';

/** The session, and again whenever it changes. */
export function useSession(): Session {
  const [seen, setSeen] = useState(readSession);
  useEffect(() => {
    const look = () => setSeen(readSession());
    look();
    return onSessionChange(look);
  }, []);
  return seen;
}
