import { useSettings } from '../../frame/settings.js';
import { extendWords, type Words } from '../../words/words.js';
import { EN } from './words_en.js';
import { RU } from './words_ru.js';

const WORDS = extendWords({ en: EN, ru: RU });

/** The texts of the current language, with those about cases, votes and registers. */
export function useTrafficWords(): Words<keyof typeof EN> {
  return WORDS[useSettings().language];
}
