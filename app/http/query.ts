import type { Violation } from '../errors.js';
import type { ViolationList } from './violations.js';

/** The parameters of a query string, decoded; a list for what is there more than once. */
export type Query = { readonly [name: string]: string | readonly string[] | undefined };

export type Refuse = (told: Pick<Violation, 'code' | 'detail'>) => void;

/**
 * Reads a parameter that may be left out. What `read` refuses goes to the list, with the pointer `/query/NAME`; so does a
 * parameter that is there twice.
 */
export function readParameter<Value>(
  query: Query,
  name: string,
  list: ViolationList,
  read: (text: string, refuse: Refuse) => Value | undefined,
): Value | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const refuse: Refuse = (told) => list.add({ pointer: `/query/${name}`, ...told });
  if (typeof text === 'string') return read(text, refuse);
  refuse({ code: 'NOT_ALLOWED', detail: 'must be there once' });
  return undefined;
}

const MOST_TEXT_LENGTH = 256;

/** A text that a citizen may have, so far as its length goes. */
export function readText(text: string, refuse: Refuse): string | undefined {
  if (text === '') refuse({ code: 'TOO_SHORT', detail: 'must have at least 1 character' });
  else if ([...text].length <= MOST_TEXT_LENGTH) return text;
  else refuse({ code: 'TOO_LONG', detail: `must have at most ${MOST_TEXT_LENGTH} characters` });
  return undefined;
}

/** One of several words. */
export function readOneOf<Word extends string>(
  words: readonly Word[],
): (text: string, refuse: Refuse) => Word | undefined {
  return (text, refuse) => {
    const word = words.find((known) => known === text);
    if (word === undefined) refuse({ code: 'NOT_ALLOWED', detail: `must be one of ${words.join(', ')}` });
    return word;
  };
}
