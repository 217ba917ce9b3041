import { pathSegment } from '../../path_segment.js';

/** The path of the API for a file; a leading slash is no part of its name. @throws CommandError for names `.` and `..` */
export function filePath(remote: string): string {
  return `/files/${remote.replace(/^\/+/, '').split('/').map(pathSegment).join('/')}`;
}

/** The value of a digest header (RFC 9530) for a SHA-256 in hexadecimal. */
export function digestField(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
}

/** The SHA-256 that an ETag holds; `undefined` for other ETags. */
export function sha256In(etag: string | undefined): string | undefined {
  return /^(?:W\/)?"([0-9a-f]{64})"$/.exec(etag ?? '')?.[1];
}
