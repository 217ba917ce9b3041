import type { ContentDecoding } from './content_encoding.js';

/** Number of bytes that identify a format, at the start of the body or at its first invalid byte. */
export const HEAD_BYTES = 4;
const SAMPLE_BYTES = 256;

const UTF_16 = 'This is UTF-16: save it as UTF-8.';

function packed(coding: ContentDecoding, taken: readonly ContentDecoding[]): string {
  return `This is ${coding}: ${taken.includes(coding) ? `declare it with Content-Encoding: ${coding}` : 'unpack it first'}.`;
}

/** Signatures of file formats that are often sent by mistake. */
const SIGNATURES: readonly [hex: string, words: (taken: readonly ContentDecoding[]) => string][] = [
  ['1f8b', (taken) => packed('gzip', taken)],
  ['28b52ffd', (taken) => packed('zstd', taken)],
  ['504b0304', () => 'This is a zip archive, as .xlsx is too: unpack it, or save the table as CSV in UTF-8.'],
  ['d0cf11e0', () => 'This is an .xls file: save the table as CSV in UTF-8.'],
  ['fffe', () => UTF_16],
  ['feff', () => UTF_16],
];

/** Letters of Windows-1251. KOI8-R has its letters in the same range, except ё. */
function isCyrillic(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0xc0 || byte === 0xa8 || byte === 0xb8);
}

/** Two adjacent letters are invalid UTF-8, and few other encodings consist almost entirely of bytes in this range. */
function looksLikeCyrillic(sample: Buffer): boolean {
  let letters = 0;
  let others = 0;
  let pairs = 0;
  sample.forEach((byte, place) => {
    if (isCyrillic(byte)) letters++;
    else if (byte >= 0x80) others++;
    if (isCyrillic(byte) && isCyrillic(sample[place + 1])) pairs++;
  });
  return pairs >= 2 && others * 10 <= letters;
}

/**
 * Guesses what a body that is not UTF-8 is, and says what to do, in one sentence; undefined if unknown. `head` is the
 * start of the body, `fault` its bytes from the first invalid one on, `taken` the accepted content encodings.
 */
export function guessForeign(head: Buffer, fault: Buffer, taken: readonly ContentDecoding[]): string | undefined {
  const start = head.toString('hex');
  const words = SIGNATURES.find(([hex]) => start.startsWith(hex))?.[1](taken);
  if (words !== undefined) return words;
  return looksLikeCyrillic(fault.subarray(0, SAMPLE_BYTES))
    ? 'It looks like Cyrillic letters in Windows-1251: save it as UTF-8.'
    : undefined;
}
