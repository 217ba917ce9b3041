import { ApiError, ask, send, withQuery } from '../../shared/http_client.js';
import { pathSegment } from '../../shared/path_segment.js';

/** The API of files as the page uses it. All functions throw ApiError. */

/** `modified`: seconds since 1970. */
export type StoredFile = { path: string; size: number; modified: number };

const FILES = '/files/';
/** Progress is known after each part; a part that was lost is sent again. */
const PART_BYTES = 4 * 1024 * 1024;
const MAX_RETRIES = 5;
const PAUSE_MS = 1_000;

function filePath(path: string): string {
  return FILES + path.split('/').map(pathSegment).join('/');
}

export async function readFiles(prefix: string, signal?: AbortSignal): Promise<StoredFile[]> {
  return (await ask<StoredFile[]>(withQuery(FILES, { prefix }), signal && { signal })).body;
}

export async function readFile(path: string): Promise<Blob> {
  return (await send(filePath(path))).blob();
}

export async function removeFile(path: string): Promise<void> {
  await send(filePath(path), { method: 'DELETE' });
}

/** Sends a part, or the whole of a file that has no more bytes than one. */
async function sendPart(path: string, file: Blob, first: number, signal: AbortSignal): Promise<number> {
  const end = Math.min(file.size, first + PART_BYTES);
  const isWhole = first === 0 && end === file.size;
  await send(filePath(path), {
    method: 'PUT',
    headers: {
      'Content-Type': 'application/octet-stream',
      ...(!isWhole && { 'Content-Range': `bytes ${first}-${end - 1}/${file.size}` }),
    },
    body: file.slice(first, end),
    signal,
  });
  return end;
}

type Upload = { path: string; file: Blob; signal: AbortSignal; onSent: (bytes: number) => void };

/** Stores a file, in parts. A part that the connection was lost for is sent again. */
export async function uploadFile({ path, file, signal, onSent }: Upload): Promise<void> {
  let sent = 0;
  let retries = 0;
  do {
    try {
      sent = await sendPart(path, file, sent, signal);
      retries = 0;
      onSent(sent);
    } catch (reason) {
      const isLost = reason instanceof ApiError && reason.code === 'NETWORK';
      if (!isLost || ++retries > MAX_RETRIES) throw reason;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  } while (sent < file.size);
}
