import type { ContentDecoding } from './content_encoding.js';

/** How much of a body shows what it is: its first bytes, and those from the first on that are not UTF-8. */
export const HEAD_BYTES = 4;
const SAMPLE_BYTES = 256;

const UTF_16 = 'This is UTF-16: save it as UTF-8.';

function packed(coding: ContentDecoding, taken: readonly ContentDecoding[]): string {
  return `This is ${coding}: ${taken.includes(coding) ? `say Content-Encoding: ${coding}` : 'unpack it first'}.`;
}

/** What files begin with that are often sent for text. */
const SIGNATURES: readonly [hex: string, words: (taken: readonly ContentDecoding[]) => string][] = [
  ['1f8b', (taken) => packed('gzip', taken)],
  ['28b52ffd', (taken) => packed('zstd', taken)],
  ['504b0304', () => 'This is a zip archive, as .xlsx is too: unpack it, or save the table as CSV in UTF-8.'],
  ['d0cf11e0', () => 'This is an .xls file: save the table as CSV in UTF-8.'],
  ['fffe', () => UTF_16],
  ['feff', () => UTF_16],
];

/** Letters of Windows-1251; those of KOI8-R are in the same place, but for ё. */
function isCyrillic(byte: number | undefined): boolean {
  return byte !== undefined && (byte >= 0xc0 || byte === 0xa8 || byte === 0xb8);
}

/** Two letters side by side are no UTF-8, and few other encodings have hardly any other byte above 0x7f. */
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
 * What a body that is not UTF-8 seems to be, and what to do: a sentence; undefined when nothing is known. `head`: its first
 * bytes. `fault`: those from the first that is not UTF-8 on. `taken`: the encodings that may be named in Content-Encoding.
 */
export function guessForeign(head: Buffer, fault: Buffer, taken: readonly ContentDecoding[]): string | undefined {
  const start = head.toString('hex');
  const words = SIGNATURES.find(([hex]) => start.startsWith(hex))?.[1](taken);
  if (words !== undefined) return words;
  return looksLikeCyrillic(fault.subarray(0, SAMPLE_BYTES))
    ? 'It looks like Cyrillic letters in Windows-1251: save it as UTF-8.'
    : undefined;
}
