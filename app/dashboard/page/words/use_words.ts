import { useSettings } from '../frame/settings.js';
import { extendWords, type Words } from './words.js';

const WORDS = extendWords({ en: {}, ru: {} });

/** The common texts of the current language. */
export function useWords(): Words {
  return WORDS[useSettings().language];
}
