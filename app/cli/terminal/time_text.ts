/** Seconds since 1970 -> `2026-11-28 04:12:07` (UTC); an empty text for null. */
export function utcText(seconds: number | null | undefined): string {
  return seconds == null ? '' : new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19);
}
