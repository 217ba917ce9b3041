import type { IncomingMessage } from 'node:http';

/** Whether If-None-Match names this ETag: the client has the answer already (RFC 9110 13.1.2: compared weakly). */
export function clientHas(request: IncomingMessage, etag: string): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}
