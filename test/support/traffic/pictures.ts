import { encode } from 'fast-png';

/** A grey picture that a browser can show, 40 by 30 pixels. */
export function picture(shade: number): Buffer {
  return Buffer.from(encode({ width: 40, height: 30, channels: 1, data: new Uint8Array(1_200).fill(shade) }));
}
