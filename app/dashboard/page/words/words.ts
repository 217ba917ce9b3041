import { EN } from './words_en.js';
import { RU } from './words_ru.js';

export type Language = 'en' | 'ru';
type WordKey = keyof typeof EN;
type Params = Readonly<Record<string, string | number>>;

const WORDS: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en: EN, ru: RU };

/** Texts and number formats of one language. */
export type Words = {
  language: Language;
  /** The text of a key; `{name}` is replaced by the parameter. */
  t(key: WordKey, params?: Params): string;
  /** The same for codes of the service, such as error codes; undefined if there is no text for it. */
  tell(prefix: string, code: string): string | undefined;
  number(value: number): string;
  dateTime(iso: string): string;
  /** 1 -> January; short form: Jan. */
  month(month: number, form?: 'long' | 'short'): string;
  bytes(bytes: number): string;
};

const BYTE_STEP = 1024;

function makeWords(language: Language): Words {
  const texts = WORDS[language];
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const oneDigit = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const times = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const months = {
    long: new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' }),
    short: new Intl.DateTimeFormat(language, { month: 'short', timeZone: 'UTC' }),
  };
  const units = [texts['unit.b'], texts['unit.kb'], texts['unit.mb'], texts['unit.gb']];
  return {
    language,
    t(key, params = {}) {
      return (texts[key] as string).replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
        const value = params[name];
        return value === undefined ? whole : typeof value === 'number' ? numbers.format(value) : value;
      });
    },
    tell: (prefix, code) => texts[`${prefix}.${code}`],
    number: (value) => numbers.format(value),
    dateTime: (iso) => times.format(new Date(iso)),
    month: (month, form = 'long') => months[form].format(Date.UTC(2000, month - 1, 15)).replace(/\.$/, ''),
    bytes(bytes) {
      const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(BYTE_STEP)));
      return `${oneDigit.format(bytes / BYTE_STEP ** step)} ${units[step]}`;
    },
  };
}

const MADE: Readonly<Record<Language, Words>> = { en: makeWords('en'), ru: makeWords('ru') };

export function wordsOf(language: Language): Words {
  return MADE[language];
}
