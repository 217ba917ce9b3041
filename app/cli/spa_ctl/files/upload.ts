import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, EXIT } from '../../command_error.js';
import { LostError, readJson } from '../../connection.js';
import { isRetryable, MAX_RETRIES, pauseBeforeMs } from '../../retries.js';
import { lossOf, refusalOf } from '../../rpc/rpc_client.js';
import type { Spa } from '../spa.js';
import { digestField, filePath, sha256In } from './remote_path.js';
import { createTransferProgress, type TransferProgress } from './transfer_progress.js';

const PIECE_BYTES = 256 * 1024;
const MAX_ANSWER_BYTES = 1024 * 1024;

type FileRow = { path: string; size: number; etag: string | null };

/** `isNew`: undefined when the service had the same bytes already and nothing was sent. */
type Uploaded = { row: FileRow; isNew: boolean | undefined; sentBytes: number };

type Local = { file: string; size: number; sha256: string };

/** @throws CommandError */
async function openLocal(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file, 'r');
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException;
    throw new CommandError(
      EXIT.usage,
      `${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code}.`,
    );
  }
  throw new CommandError(EXIT.usage, `${file} is not a file.`);
}

async function hashLocal(file: string, progress: TransferProgress, signal: AbortSignal): Promise<Local> {
  const handle = await openLocal(file);
  try {
    const { size } = await handle.stat();
    const hash = createHash('sha256');
    progress.begin('reading', size, 0);
    let bytes = 0;
    const pieces = handle.createReadStream({ highWaterMark: PIECE_BYTES, autoClose: false, signal });
    for await (const piece of pieces as AsyncIterable<Buffer>) {
      hash.update(piece);
      bytes += piece.length;
      progress.reached(bytes);
    }
    return { file, size: bytes, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

/** What the service has of the file, and of an upload that broke off. */
async function askState({ client }: Spa, path: string): Promise<{ sha256: string | undefined; offset: number }> {
  const { statusCode = 0, headers } = await drained(await client.connection.send({ method: 'HEAD', path }));
  if (statusCode !== 200 && statusCode !== 404) {
    // A HEAD has no body that could say why: the same question by GET has.
    const message = await client.connection.send({ method: 'GET', path });
    throw refusalOf(message.statusCode ?? 0, await readJson(message, MAX_ANSWER_BYTES), client.url);
  }
  return {
    sha256: statusCode === 200 ? sha256In(headers.etag) : undefined,
    offset: Number(headers['upload-offset'] ?? 0) || 0,
  };
}

async function drained(message: IncomingMessage): Promise<IncomingMessage> {
  message.resume();
  if (!message.complete) await once(message, 'end').catch(() => {});
  return message;
}

type Answer = { status: number; headers: IncomingMessage['headers']; content: unknown };

/** Sends the file from `offset` on. The service may answer before it has everything. @throws LostError */
async function sendFrom(
  { client }: Spa,
  { path, local, offset }: { path: string; local: Local; offset: number },
  progress: TransferProgress,
): Promise<Answer> {
  const { file, size, sha256 } = local;
  const request = client.connection.open(path, {
    method: 'PUT',
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Length': size - offset,
      'Repr-Digest': digestField(sha256),
      Connection: 'keep-alive',
      ...(size > 0 && { 'Content-Range': `bytes ${offset}-${size - 1}/${size}` }),
    },
  });
  let wasConnected = false;
  request.on('socket', (socket) => socket.once('connect', () => (wasConnected = true)));
  const body = createReadStream(file, { start: offset, end: Math.max(offset, size - 1), highWaterMark: PIECE_BYTES });
  try {
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).on('error', reject);
      body.on('error', reject);
    });
    let bytes = offset;
    body.on('data', (piece) => {
      bytes += piece.length;
      progress.reached(bytes);
    });
    if (size > offset) body.pipe(request);
    else request.end();
    const message = await answered;
    const { statusCode: status = 0, headers } = message;
    return { status, headers, content: await readJson(message, MAX_ANSWER_BYTES) };
  } catch (reason) {
    throw new LostError(reason, wasConnected);
  } finally {
    body.destroy();
    request.destroy();
  }
}

/**
 * Sends a file. An upload that broke off, now or in an earlier command, goes on where it was. The service checks the
 * SHA-256 of the whole. @throws CommandError
 */
export async function uploadFile(spa: Spa, localFile: string, remote: string): Promise<Uploaded> {
  const { client, signal, streams } = spa;
  const progress = createTransferProgress(streams.stderr);
  const path = filePath(remote);
  try {
    const local = await hashLocal(localFile, progress, signal);
    const { size, sha256 } = local;
    let sentBytes = 0;
    let mayGoOn = true;
    let wasReached = false;
    for (let retry = 1; ; retry++) {
      let failure: string;
      try {
        const state = await askState(spa, path);
        wasReached = true;
        if (state.sha256 === sha256) {
          return { row: { path: remote.replace(/^\/+/, ''), size, etag: `"${sha256}"` }, isNew: undefined, sentBytes };
        }
        const offset = mayGoOn && state.offset < size ? state.offset : 0;
        progress.begin('sending', size, offset);
        const { status, content } = await sendFrom(spa, { path, local, offset }, progress);
        if (status === 200 || status === 201) {
          sentBytes += size - offset;
          return { row: content as FileRow, isNew: status === 201, sentBytes };
        }
        const { code } = (content ?? {}) as { code?: string };
        // What is there belongs to other bytes: an earlier version of the file.
        const isOutOfStep = offset > 0 && (code === 'UPLOAD_OUT_OF_STEP' || code === 'DIGEST_MISMATCH');
        if (isOutOfStep) mayGoOn = false;
        else if (!isRetryable(status, code)) throw refusalOf(status, content, client.url);
        failure = isOutOfStep ? 'What the service has is of another file' : `The service answered ${status}`;
      } catch (reason) {
        if (!(reason instanceof LostError) || signal.aborted) throw lossOf(reason, 'the file', client);
        if (!wasReached) throw lossOf(reason, 'the file', client);
        failure = `The connection was lost (${reason.reason})`;
      }
      if (retry > MAX_RETRIES) {
        const text = `${failure}, and that after ${retry} tries. The same command goes on where it broke off.`;
        throw new CommandError(EXIT.unavailable, text);
      }
      progress.note(`${failure}; trying again (${retry} of ${MAX_RETRIES})`);
      await sleep(pauseBeforeMs(retry, undefined), undefined, { signal }).catch((reason) => {
        throw lossOf(reason, 'the file', client);
      });
    }
  } catch (reason) {
    if (signal.aborted && !(reason instanceof CommandError)) throw lossOf(reason, 'the file', client);
    throw reason;
  } finally {
    progress.end();
  }
}
