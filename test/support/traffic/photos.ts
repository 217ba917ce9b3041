import { randomBytes } from 'node:crypto';

const HEADS = {
  'image/png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  'image/jpeg': Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  'image/webp': Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'),
} as const;

/** Bytes that begin as an image of the type does; no two of these are equal. */
export function makePhoto(bytes = 1_000, type: keyof typeof HEADS = 'image/jpeg'): Buffer {
  const head = HEADS[type];
  return Buffer.concat([head, randomBytes(Math.max(0, bytes - head.length))]);
}
