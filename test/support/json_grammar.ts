/**
 * A character-by-character parser of the JSON grammar (RFC 8259): slow but simple enough to trust. Positions are bytes,
 * since the input is latin1, one character per byte.
 */

type Open = { kind: 'string' | 'object' | 'array' | 'value'; start: number };

/** `fault`: the first invalid byte. `opened`: containers open at the end of the text, the outermost first. */
export type JsonFault = { fault: number } | { opened: readonly Open[] };

class Fault extends Error {
  readonly fault: JsonFault;
  constructor(fault: JsonFault) {
    super('not JSON');
    this.fault = fault;
  }
}

/** The fault of a text as JSON, undefined when it is valid. */
export function jsonFault(bytes: Buffer): JsonFault | undefined {
  const text = bytes.toString('latin1');
  const opened: Open[] = [];
  let at = 0;

  function peek(): string {
    const sign = text[at];
    if (sign === undefined) throw new Fault({ opened: [...opened] });
    return sign;
  }
  function fail(): never {
    peek();
    throw new Fault({ fault: at });
  }
  function take(allowed: RegExp): void {
    if (!allowed.test(peek())) fail();
    at++;
  }
  function blanks(): void {
    while (/[ \t\r\n]/.test(text[at] ?? 'x')) at++;
  }
  function within(kind: Open['kind'], read: () => void): void {
    opened.push({ kind, start: at });
    read();
    opened.pop();
  }
  function string(): void {
    within('string', () => {
      take(/"/);
      while (peek() !== '"') {
        if (peek() !== '\\') {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: what a string may not hold.
          take(/[^\u0000-\u001f]/);
          continue;
        }
        at++;
        if (peek() === 'u') {
          at++;
          for (let digit = 0; digit < 4; digit++) take(/[0-9a-fA-F]/);
        } else take(/["\\/bfnrt]/);
      }
      at++;
    });
  }
  function digits(): void {
    take(/[0-9]/);
    while (/[0-9]/.test(text[at] ?? 'x')) at++;
  }
  function number(): void {
    if (peek() === '-') at++;
    if (peek() === '0') at++;
    else digits();
    if (text[at] === '.') {
      at++;
      digits();
    }
    if (/[eE]/.test(text[at] ?? 'x')) {
      at++;
      if (/[+-]/.test(peek())) at++;
      digits();
    }
  }
  function list(close: string, one: () => void): void {
    at++;
    blanks();
    if (peek() === close) {
      at++;
      return;
    }
    for (;;) {
      one();
      blanks();
      if (peek() === close) {
        at++;
        return;
      }
      take(/,/);
      blanks();
    }
  }
  function value(): void {
    blanks();
    const sign = peek();
    if (sign === '"') string();
    else if (sign === '[') within('array', () => list(']', value));
    else if (sign === '{') {
      within('object', () =>
        list('}', () => {
          if (peek() !== '"') fail();
          string();
          blanks();
          take(/:/);
          value();
        }),
      );
    } else
      within('value', () => {
        if (/[-0-9]/.test(sign)) return number();
        const word = ['true', 'false', 'null'].find((known) => known[0] === sign) ?? fail();
        for (const letter of word) take(new RegExp(letter));
      });
  }

  try {
    value();
    blanks();
    if (at < text.length) fail();
    return undefined;
  } catch (reason) {
    if (reason instanceof Fault) return reason.fault;
    throw reason;
  }
}
