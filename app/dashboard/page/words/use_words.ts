import { useSettings } from '../frame/settings.js';
import { type Words, wordsOf } from './words.js';

/** The words of the language that is set. */
export function useWords(): Words {
  return wordsOf(useSettings().language);
}
