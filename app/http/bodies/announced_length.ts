import type { IncomingMessage } from 'node:http';

/** The length that the client announced; undefined for a chunked body. */
export function announcedLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}
