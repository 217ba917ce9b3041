/**
 * C0 and C1 controls (terminal escapes), format characters (bidirectional marks, invisible text), line separators and
 * lone surrogates.
 */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Makes untrusted text safe to show on a terminal: control characters are written as in JSON, such as `\u001b`. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, (character) =>
    // One escape per UTF-16 unit, so that a JSON string keeps its value.
    Array.from(
      { length: character.length },
      (_, place) => `\\u${character.charCodeAt(place).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** At most `maxCharacters` code points; a shortened text ends in `…`. */
export function clipped(text: string, maxCharacters: number): string {
  // A code point is at most two UTF-16 units: the rest of a long text need not be split.
  const characters = Array.from(text.slice(0, 2 * maxCharacters + 2));
  return characters.length <= maxCharacters ? text : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}

/** 10000 -> `10,000`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 citizen`, `10,000 citizens`; the plural of `noun` is formed with an s. */
export function counted(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** 2493021 -> `2.5 MB`: decimal units, one fraction digit. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.95 and more would be shown as 1000.0, so the next unit is used.
  for (; value >= (unit === 0 ? 1000 : 999.95) && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Milliseconds -> `0.08 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
