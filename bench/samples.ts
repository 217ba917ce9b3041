import { makeCitizens } from '../app/census/demo/citizens.js';

export { makeCitizens };

export const CITIZENS = 10_000;

/** The everyday import: 10,000 citizens, 1,000 pairs of relatives. */
export function everydayCitizens() {
  return makeCitizens(CITIZENS, 1_000);
}

export function everydayBody(): Buffer {
  return Buffer.from(JSON.stringify({ citizens: everydayCitizens() }));
}

/** NDJSON of a generated import. */
export function ndjsonOf(count: number, pairs: number): Buffer {
  return Buffer.concat(makeCitizens(count, pairs).map((citizen) => Buffer.from(`${JSON.stringify(citizen)}\n`)));
}

function escapeAll(text: string): string {
  return [...text].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}

/** The same import with all texts of 256 characters, each written as \uXXXX: about 63 MB. */
export function escapedBody(): Buffer {
  const stretch = (text: string) => escapeAll(text.repeat(256).slice(0, 256));
  const citizens = everydayCitizens().map(({ town, street, building, name, ...rest }) => {
    const texts = Object.entries({ town, street, building, name }).map(([key, text]) => `"${key}":"${stretch(text)}"`);
    return `${JSON.stringify(rest).slice(0, -1)},${texts.join(',')}}`;
  });
  return Buffer.from(`{"citizens":[${citizens.join(',')}]}`);
}
