const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];
const RIFF = [0x52, 0x49, 0x46, 0x46];
const WEBP = [0x57, 0x45, 0x42, 0x50];
const WEBP_OFFSET = 8;

/** Bytes from the beginning that tell the type. */
export const PHOTO_HEAD_BYTES = 12;

function has(bytes: Uint8Array, signature: readonly number[], offset = 0): boolean {
  return signature.every((byte, place) => bytes[offset + place] === byte);
}

/** Media types of photos. */
export const PHOTO_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;

/** The media type of an image by its first bytes; undefined for what is no PNG, JPEG or WebP. */
export function photoTypeOf(head: Uint8Array): string | undefined {
  if (has(head, PNG)) return 'image/png';
  if (has(head, JPEG)) return 'image/jpeg';
  return has(head, RIFF) && has(head, WEBP, WEBP_OFFSET) ? 'image/webp' : undefined;
}
