import { bytesText, durationText } from './plain_text.js';

/** Earlier, the rate reflects local buffers rather than the connection. */
const RATE_AFTER_MS = 500;

type Transfer = {
  /** `undefined` when the size is not known in advance. */
  totalBytes: number | undefined;
  /** How many bytes are there. */
  bytes: number;
  /** How many of them were there when this try began `elapsedMs` ago. */
  bytesBefore: number;
  elapsedMs: number;
};

/** `1.2 MB of 2.5 MB, 34.0 MB/s, 12 s left` */
export function transferText({ totalBytes, bytes, bytesBefore, elapsedMs }: Transfer): string {
  const parts = [totalBytes === undefined ? bytesText(bytes) : `${bytesText(bytes)} of ${bytesText(totalBytes)}`];
  const moved = bytes - bytesBefore;
  if (elapsedMs >= RATE_AFTER_MS && moved > 0) {
    parts.push(`${bytesText(Math.round((moved / elapsedMs) * 1000))}/s`);
    if (totalBytes !== undefined) {
      const leftMs = ((totalBytes - bytes) / moved) * elapsedMs;
      parts.push(`${durationText(Math.max(1000, Math.round(leftMs / 1000) * 1000)).replace('.00', '')} left`);
    }
  }
  return parts.join(', ');
}
