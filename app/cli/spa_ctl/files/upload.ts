import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { CommandError, EXIT } from '../../command_error.js';
import { LostError, readJson } from '../../connection.js';
import { createPatience } from '../../rpc/patience.js';
import { lossOf, refusalOf } from '../../rpc/rpc_client.js';
import { unreadable } from '../../unreadable.js';
import type { Spa } from '../spa.js';
import { digestField, filePath, sha256In } from './remote_path.js';
import { createTransferProgress, type TransferProgress } from './transfer_progress.js';

const PIECE_BYTES = 256 * 1024;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** `isNew`: undefined when the service had the same bytes already and nothing was sent. */
type Uploaded = { size: number; sha256: string; isNew: boolean | undefined };

type Local = { file: string; size: number; sha256: string };

/** @throws CommandError */
async function openLocal(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file, 'r');
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (reason) {
    throw unreadable(file, reason);
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
      body.on('error', (reason) => reject(unreadable(file, reason)));
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
    throw reason instanceof CommandError ? reason : new LostError(reason, wasConnected);
  } finally {
    body.destroy();
    request.destroy();
  }
}

type Try = { path: string; local: Local; mayGoOn: boolean; reached(offset: number): void };

/**
 * Asks what is there and sends the rest. Returns `undefined` when what is there belongs to other bytes, such as an
 * earlier version of the file. @throws CommandError, LostError
 */
async function tryToSend(
  spa: Spa,
  { path, local, mayGoOn, reached }: Try,
  progress: TransferProgress,
): Promise<Uploaded | undefined> {
  const { size, sha256 } = local;
  const state = await askState(spa, path);
  reached(state.offset);
  if (state.sha256 === sha256) return { size, sha256, isNew: undefined };
  const offset = mayGoOn && state.offset < size ? state.offset : 0;
  progress.begin('sending', size, offset);
  const { status, content } = await sendFrom(spa, { path, local, offset }, progress);
  if (status === 200 || status === 201) return { size, sha256, isNew: status === 201 };
  const { code } = (content ?? {}) as { code?: string };
  if (offset > 0 && (code === 'UPLOAD_OUT_OF_STEP' || code === 'DIGEST_MISMATCH')) return undefined;
  throw refusalOf(status, content, spa.client.url);
}

/** Sends the file until all of it is there. @throws CommandError */
async function sendAll(spa: Spa, path: string, local: Local, progress: TransferProgress): Promise<Uploaded> {
  const { client, signal } = spa;
  const patience = createPatience(signal, progress.note);
  let furthest = -1;
  let mayGoOn = true;
  const reached = (offset: number) => {
    // A try that brought nothing further counts.
    if (offset > furthest) patience.reached();
    furthest = Math.max(furthest, offset);
  };
  for (;;) {
    try {
      const uploaded = await tryToSend(spa, { path, local, mayGoOn, reached }, progress);
      if (uploaded !== undefined) return uploaded;
      mayGoOn = false;
    } catch (reason) {
      await patience.wait(reason instanceof CommandError ? reason : lossOf(reason, 'the file was complete', client));
    }
  }
}

/**
 * Sends a file. An upload that broke off, now or in an earlier command, goes on where it was. The service checks the
 * SHA-256 of the whole. @throws CommandError
 */
export async function uploadFile(spa: Spa, localFile: string, remote: string): Promise<Uploaded> {
  const { client, signal, streams } = spa;
  const progress = createTransferProgress(streams.stderr);
  try {
    const local = await hashLocal(localFile, progress, signal);
    return await sendAll(spa, filePath(remote), local, progress);
  } catch (reason) {
    if (reason instanceof CommandError || !signal.aborted) throw reason;
    throw lossOf(reason, 'the file was complete', client);
  } finally {
    progress.end();
  }
}
