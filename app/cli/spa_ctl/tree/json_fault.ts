const BLANKS = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a string of JSON has none
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SIMPLE = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

type Expected = 'value' | 'first value' | 'first name' | 'name' | 'colon' | 'next';

/**
 * Where a text that is not JSON begins to be wrong, as an index; the length of the text if it ends too early. Node 20
 * does not say. O(length of the text).
 */
export function faultIndex(json: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = 0;

  /** The index after a match at `at`; `undefined` when there is none. */
  function after(pattern: RegExp): number | undefined {
    pattern.lastIndex = at;
    return pattern.test(json) ? pattern.lastIndex : undefined;
  }

  for (;;) {
    at = after(BLANKS) ?? at;
    const character = json[at];
    if (character === undefined) return at;
    let next: number | undefined = at + 1;
    if (expected === 'value' || expected === 'first value') {
      if (character === '{' || character === '[') {
        open.push(character);
        expected = character === '{' ? 'first name' : 'first value';
      } else if (character === ']' && expected === 'first value') {
        open.pop();
        expected = 'next';
      } else {
        next = after(character === '"' ? STRING : SIMPLE);
        expected = 'next';
      }
    } else if (expected === 'name' || expected === 'first name') {
      if (character === '}' && expected === 'first name') {
        open.pop();
        expected = 'next';
      } else {
        next = after(STRING);
        expected = 'colon';
      }
    } else if (expected === 'colon') {
      if (character !== ':') return at;
      expected = 'value';
    } else {
      const opened = open.at(-1);
      if (character === ',' && opened !== undefined) expected = opened === '{' ? 'name' : 'value';
      else if (opened !== undefined && character === (opened === '{' ? '}' : ']')) open.pop();
      else return at;
    }
    if (next === undefined) return at;
    at = next;
  }
}

const MAX_SHOWN_CHARACTERS = 20;

/** `line 3, column 16 has "oops", which cannot stand there`, or `it ends too early, at line 5, column 1` */
export function jsonFaultText(json: string): string {
  const index = faultIndex(json);
  const before = json.slice(0, index).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) as string).length + 1}`;
  const found = json.slice(index, index + MAX_SHOWN_CHARACTERS).split('\n')[0];
  return found === '' || found === undefined
    ? `it ends too early, at ${place}`
    : `${place} has ${found}, which cannot stand there`;
}
