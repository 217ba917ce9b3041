import { EN } from './words_en.js';
import { RU } from './words_ru.js';

export type Language = 'en' | 'ru';
export type WordKey = keyof typeof EN;
type Params = Readonly<Record<string, string | number>>;

type Texts = Readonly<Record<string, string>>;

/** Texts and number formats of one language. `Key`: the texts that a part of the page adds. */
export type Words<Key extends string = never> = {
  language: Language;
  /** The text of a key; `{name}` is replaced by the parameter. */
  t(key: WordKey | Key, params?: Params): string;
  /** The same for codes of the service, such as error codes; undefined if there is no text for it. */
  tell(prefix: string, code: string, params?: Params): string | undefined;
  number(value: number): string;
  dateTime(iso: string): string;
  /** A moment in seconds since 1970, to the second. */
  time(seconds: number): string;
  /** The largest two units: `1 h 5 min`, `3.2 s`. */
  duration(seconds: number): string;
  /** 1 -> January; short form: Jan. */
  month(month: number, form?: 'long' | 'short'): string;
  bytes(bytes: number): string;
};

const BYTE_STEP = 1024;

function makeWords(language: Language): Omit<Words, 't' | 'tell'> & { texts: Texts } {
  const texts: Texts = language === 'ru' ? RU : EN;
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const oneDigit = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const times = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const exactTimes = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const months = {
    long: new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' }),
    short: new Intl.DateTimeFormat(language, { month: 'short', timeZone: 'UTC' }),
  };
  const units = [texts['unit.b'], texts['unit.kb'], texts['unit.mb'], texts['unit.gb']];
  return {
    language,
    texts,
    number: (value) => numbers.format(value),
    dateTime: (iso) => times.format(new Date(iso)),
    time: (seconds) => exactTimes.format(new Date(seconds * 1_000)),
    duration(seconds) {
      if (seconds < 60) return `${oneDigit.format(seconds)} ${texts['unit.s']}`;
      const minutes = Math.round(seconds / 60);
      const small = `${minutes % 60} ${texts['unit.min']}`;
      return minutes < 60 ? small : `${Math.floor(minutes / 60)} ${texts['unit.h']} ${small}`;
    },
    month: (month, form = 'long') => months[form].format(Date.UTC(2000, month - 1, 15)).replace(/\.$/, ''),
    bytes(bytes) {
      const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(BYTE_STEP)));
      return `${oneDigit.format(bytes / BYTE_STEP ** step)} ${units[step]}`;
    },
  };
}

const MADE = { en: makeWords('en'), ru: makeWords('ru') } as const;

/** The common texts with those of a part of the page, which has the same keys in each language. */
export function extendWords<Key extends string>(
  own: Readonly<Record<Language, Readonly<Record<Key, string>>>>,
): Readonly<Record<Language, Words<Key>>> {
  const extend = (language: Language): Words<Key> => {
    const { texts: common, ...formats } = MADE[language];
    const texts: Texts = { ...common, ...own[language] };
    const fill = (text: string, params: Params = {}) =>
      text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
        const value = params[name];
        return value === undefined ? whole : typeof value === 'number' ? formats.number(value) : value;
      });
    return {
      ...formats,
      t: (key, params) => fill(texts[key] as string, params),
      tell(prefix, code, params) {
        const text = texts[`${prefix}.${code}`];
        return text === undefined ? undefined : fill(text, params);
      },
    };
  };
  return { en: extend('en'), ru: extend('ru') };
}
