import { useSettings } from '../../frame/settings.js';
import { extendWords, type Words } from '../../words/words.js';
import { EN } from './words_en.js';
import { RU } from './words_ru.js';

export type WorkWords = Words<keyof typeof EN>;

const WORDS = extendWords({ en: EN, ru: RU });

/** The texts of the current language, with those of the wing. */
export function useWorkWords(): WorkWords {
  return WORDS[useSettings().language];
}
