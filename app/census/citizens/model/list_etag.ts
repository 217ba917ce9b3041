/**
 * Whether the part of an ETag after the state names a list of citizens: the whole list or a page of it, in any format
 * and encoding.
 */
export function isListQuestion(suffix: string): boolean {
  return /^(\.ndjson|\.csv|\.spreadsheet)?(\.page\d+(_\d+)?|\.find[0-9a-f]{32})?(\.gzip|\.br)?$/.test(suffix);
}
