import type { Parameter, Refuse } from './query.js';

type Described = { name: string; description: string };

/** A parameter that may be left out: its value is undefined then. */
export function optional<Value>(parameter: Omit<Parameter<Value>, 'whenMissing'>): Parameter<Value | undefined> {
  return { ...parameter, whenMissing: undefined };
}

/** The same with a value for requests that leave it out. `text`: how it would be written in a URL. */
export function withDefault<Value>(
  { name, description, schema, read }: Parameter<Value | undefined>,
  value: Value,
  text: unknown = value,
): Parameter<Value> {
  return { name, description, schema: { ...schema, default: text }, whenMissing: value, read };
}

/** The same for one that must be given. */
export function required<Value>({ name, description, schema, read }: Parameter<Value | undefined>): Parameter<Value> {
  // Nobody meets the value: without the parameter the request is refused.
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

/** Of the texts that a citizen has. */
const MAX_TEXT_LENGTH = 256;

/** A text that a citizen may have, as far as its length goes. */
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

/** Reads one of several words. */
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

/** Reads items with commas between them, each at most once. At most one fault is reported. */
export function readList<Item>(readItem: (text: string, refuse: Refuse) => Item | undefined, maxItems: number) {
  return (text: string, refuse: Refuse): Item[] | undefined => {
    const texts = text.split(',');
    if (texts.length > maxItems) {
      refuse({ code: 'OUT_OF_RANGE', detail: `must be ${maxItems} at most` });
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
