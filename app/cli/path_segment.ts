import { CommandError, EXIT } from './command_error.js';

/**
 * A name as one segment of a URL's path. A URL loses `.` and `..`, however they are encoded, and `..` takes the segment
 * before with it: `/files/../imports/1` would name an import.
 * @throws CommandError for these two
 */
export function pathSegment(name: string): string {
  if (name === '.' || name === '..') throw new CommandError(EXIT.refused, 'Refused: no name may be "." or "..".');
  return encodeURIComponent(name);
}
