import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Offers } from './api.js';

/** What the service offers, known before anything else is shown. */
export const OffersContext = createContext<Offers>({ has: () => false, takes: () => false });

export function useOffers(): Offers {
  return useContext(OffersContext);
}
