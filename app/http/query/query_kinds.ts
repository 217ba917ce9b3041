import type { Parameter, Refuse } from './query.js';

type Described = { name: string; description: string };

/** Makes a parameter optional: its value is undefined when it is missing. */
export function optional<Value>(parameter: Omit<Parameter<Value>, 'whenMissing'>): Parameter<Value | undefined> {
  return { ...parameter, whenMissing: undefined };
}

/** Gives a parameter a default. `text` is the default as written in a URL. */
export function withDefault<Value>(
  { name, description, schema, read }: Parameter<Value | undefined>,
  value: Value,
  text: unknown = value,
): Parameter<Value> {
  return { name, description, schema: { ...schema, default: text }, whenMissing: value, read };
}

/** Makes a parameter mandatory. */
export function required<Value>({ name, description, schema, read }: Parameter<Value | undefined>): Parameter<Value> {
  // The value is never used: the request is refused without the parameter.
  return { name, description, schema, isRequired: true, whenMissing: undefined as Value, read };
}

export function wholeNumber({ min, max, ...described }: Described & { min: number; max: number }) {
  return optional<number>({
    ...described,
    schema: { type: 'integer', minimum: min, maximum: max },
    read(text, refuse) {
      const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      refuse({ code: 'OUT_OF_RANGE', detail: `must be a whole number from ${min} to ${max}` });
      return undefined;
    },
  });
}

/** Maximum length of a citizen's texts. */
const MAX_TEXT_LENGTH = 256;

/** A text within the length limits of a citizen's fields. */
export function citizenText(described: Described) {
  return optional<string>({
    ...described,
    schema: { type: 'string', minLength: 1, maxLength: MAX_TEXT_LENGTH },
    read(text, refuse) {
      if (text === '') refuse({ code: 'TOO_SHORT', detail: 'must have at least 1 character' });
      else if ([...text].length <= MAX_TEXT_LENGTH) return text;
      else refuse({ code: 'TOO_LONG', detail: `must have at most ${MAX_TEXT_LENGTH} characters` });
      return undefined;
    },
  });
}

/** Reads one of a fixed set of words. */
export function readWord<Word extends string>(words: readonly Word[]) {
  return (text: string, refuse: Refuse): Word | undefined => {
    const word = words.find((known) => known === text);
    if (word === undefined) refuse({ code: 'NOT_ALLOWED', detail: `must be one of ${words.join(', ')}` });
    return word;
  };
}

export function oneOf<Word extends string>({ words, ...described }: Described & { words: readonly Word[] }) {
  return optional<Word>({ ...described, schema: { type: 'string', enum: words }, read: readWord(words) });
}

/** Reads a comma-separated list of distinct items. Items are unique; at most one fault is reported per list. */
export function readList<Item>(readItem: (text: string, refuse: Refuse) => Item | undefined, maxItems: number) {
  return (text: string, refuse: Refuse): Item[] | undefined => {
    const texts = text.split(',');
    if (texts.length > maxItems) {
      refuse({ code: 'OUT_OF_RANGE', detail: `must have at most ${maxItems} items` });
      return undefined;
    }
    const items: Item[] = [];
    for (const each of texts) {
      const item = readItem(each.trim(), refuse);
      if (item === undefined) return undefined;
      if (items.includes(item)) {
        refuse({ code: 'NOT_ALLOWED', detail: `${item} must be given once` });
        return undefined;
      }
      items.push(item);
    }
    return items;
  };
}
