import { useSettings } from '../frame/settings.js';
import { type Words, wordsOf } from './words.js';

/** The texts of the current language. */
export function useWords(): Words {
  return wordsOf(useSettings().language);
}
