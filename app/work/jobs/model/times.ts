/** Seconds since 1970 -> `2026-11-27T20:30:11.123456Z`. A double keeps microseconds until the year 2255. */
export function toIsoMicroseconds(seconds: number): string {
  const us = Math.round(seconds * 1_000_000);
  const ms = Math.floor(us / 1_000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1_000).padStart(3, '0')}Z`;
}
