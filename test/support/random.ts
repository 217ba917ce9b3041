import fc from 'fast-check';
import { IS_NIGHTLY } from './nightly.js';

/** Number of runs of a random test: few normally, many with `npm run test:nightly`. */
export function runs(few: number, many = few * 50): { numRuns: number } {
  return { numRuns: IS_NIGHTLY ? many : few };
}

/** Any text that JSON can express and UTF-8 can encode: includes control characters, U+0000 and surrogate pairs. */
export const anyText = fc.string({ unit: 'binary', maxLength: 300 });

/** Integers of every MessagePack width, up to 2^53-1. */
export const anyId = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc
    .tuple(fc.constantFrom(7, 8, 15, 16, 31, 32, 33, 52, 53), fc.integer({ min: -2, max: 2 }))
    .map(([power, off]) => Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, 2 ** power + off))),
);
