import { ApiError } from './http_client.js';

/**
 * A name as one segment of a URL's path. A URL loses `.` and `..`, however they are encoded, and `..` takes the segment
 * before with it: `/files/../imports/1` would name an import.
 * @throws ApiError for these two, as the service would
 */
export function pathSegment(name: string): string {
  if (name === '.' || name === '..') {
    const fault = { pointer: '/path', code: 'NOT_ALLOWED', detail: 'must have no name "." or ".."' };
    throw new ApiError(400, { code: 'INVALID_INPUT', detail: fault.detail, errors: [fault] });
  }
  return encodeURIComponent(name);
}
