import { useEffect, useState } from 'preact/hooks';
import { formatPlace, type Place, parsePlace } from './place.js';

const MOVED = 'svodka:moved';

/** `replaces` avoids a new step in the browser's history; `state` is stored with the step. */
type Step = { replaces?: boolean; state?: unknown };

/** Navigates to an address of the page. */
export function goTo(hash: string, { replaces = false, state = null }: Step = {}): void {
  if (replaces) history.replaceState(state, '', hash);
  else history.pushState(state, '', hash);
  dispatchEvent(new Event(MOVED));
}

/** Changes query parameters of the current place; an empty value removes a parameter. */
export function changeQuery(changes: Readonly<Record<string, string>>, step: Step = { replaces: true }): void {
  const place = parsePlace(location.hash);
  const state = step.replaces ? history.state : null;
  goTo(formatPlace({ ...place, query: { ...place.query, ...changes } }), { state, ...step });
}

/** The current place; rerenders when the address changes. */
export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const look = () => setHash(location.hash);
    const names = [MOVED, 'popstate', 'hashchange'];
    for (const name of names) addEventListener(name, look);
    return () => {
      for (const name of names) removeEventListener(name, look);
    };
  }, []);
  return parsePlace(hash);
}
