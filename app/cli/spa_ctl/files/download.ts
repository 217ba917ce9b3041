import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { CommandError, EXIT } from '../../command_error.js';
import { LostError, readJson } from '../../connection.js';
import { createPatience } from '../../rpc/patience.js';
import { lossOf, refusalOf } from '../../rpc/rpc_client.js';
import type { Spa } from '../spa.js';
import { filePath, sha256In } from './remote_path.js';
import { createTransferProgress, type TransferProgress } from './transfer_progress.js';

const MAX_PROBLEM_BYTES = 1024 * 1024;

type Downloaded = { file: string; size: number; sha256: string };

/** A file beside the one that is to come, which takes its name once it is complete. */
type Part = { handle: FileHandle; place: string; hash: ReturnType<typeof createHash>; bytes: number; etag?: string };

function unwritable(file: string, reason: unknown): CommandError {
  const { code } = reason as NodeJS.ErrnoException;
  const why = { ENOENT: 'there is no such folder', EACCES: 'permission denied', ENOSPC: 'the disk is full' }[
    code ?? ''
  ];
  return new CommandError(EXIT.usage, `${file} cannot be written: ${why ?? code}.`);
}

/** A folder stands for a file in it with the name of the remote one. */
async function targetOf(local: string, remote: string): Promise<string> {
  const seen = await stat(local).catch(() => undefined);
  return seen?.isDirectory() || local.endsWith('/') ? join(local, basename(remote)) : local;
}

/** Empties the part, because other bytes begin. */
async function restart(part: Part): Promise<void> {
  await part.handle.truncate(0);
  part.hash = createHash('sha256');
  part.bytes = 0;
  delete part.etag;
}

/** Asks for what is not there yet; the whole if the file has changed since. */
async function ask({ client }: Spa, path: string, { bytes, etag }: Part): Promise<IncomingMessage> {
  const goesOn = bytes > 0 && etag !== undefined;
  return client.connection.send({
    method: 'GET',
    path,
    headers: goesOn ? { Range: `bytes=${bytes}-`, 'If-Range': etag } : {},
  });
}

/** Appends the answer to the part. @throws LostError when the connection is lost; CommandError for the local disk */
async function receive(message: IncomingMessage, part: Part, progress: TransferProgress): Promise<void> {
  const isRest = message.statusCode === 206;
  if (!isRest) await restart(part);
  const { etag, 'content-length': length } = message.headers;
  if (etag !== undefined) part.etag = etag;
  progress.begin('receiving', length === undefined ? undefined : part.bytes + Number(length), part.bytes);
  try {
    for await (const piece of message as AsyncIterable<Buffer>) {
      await part.handle.write(piece, 0, piece.length, part.bytes).catch((reason) => {
        throw unwritable(part.place, reason);
      });
      part.hash.update(piece);
      part.bytes += piece.length;
      progress.reached(part.bytes);
    }
  } catch (reason) {
    throw reason instanceof CommandError ? reason : new LostError(reason, true);
  }
}

async function receiveAll(spa: Spa, path: string, part: Part, progress: TransferProgress): Promise<void> {
  const { client, signal } = spa;
  const patience = createPatience(signal, progress.note);
  let furthest = 0;
  for (;;) {
    try {
      const message = await ask(spa, path, part);
      const { statusCode: status = 0 } = message;
      if (status === 200 || status === 206) return await receive(message, part, progress);
      throw refusalOf(status, await readJson(message, MAX_PROBLEM_BYTES), client.url);
    } catch (reason) {
      // A try that brought nothing further counts.
      if (part.bytes > furthest) patience.reached();
      furthest = Math.max(furthest, part.bytes);
      await patience.wait(reason instanceof CommandError ? reason : lossOf(reason, 'the file was complete', client));
    }
  }
}

/**
 * Fetches a file. It takes its name when it is complete and its SHA-256 is the one that the service named; otherwise
 * nothing is left and an older file of that name stays. @throws CommandError
 */
export async function downloadFile(spa: Spa, remote: string, local: string): Promise<Downloaded> {
  const progress = createTransferProgress(spa.streams.stderr);
  const file = await targetOf(local, remote);
  const place = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.part`);
  let handle: FileHandle;
  try {
    handle = await open(place, 'wx');
  } catch (reason) {
    throw unwritable(file, reason);
  }
  const part: Part = { handle, place, hash: createHash('sha256'), bytes: 0 };
  try {
    await receiveAll(spa, filePath(remote), part, progress);
    const sha256 = part.hash.digest('hex');
    const expected = sha256In(part.etag);
    if (expected !== undefined && expected !== sha256) {
      throw new CommandError(
        EXIT.refused,
        `${remote} arrived damaged: its SHA-256 is another one. ${file} is as it was.`,
      );
    }
    try {
      await handle.sync();
      await rename(place, file);
    } catch (reason) {
      throw unwritable(file, reason);
    }
    return { file, size: part.bytes, sha256 };
  } catch (reason) {
    await rm(place, { force: true });
    throw reason instanceof CommandError ? reason : lossOf(reason, 'the file was complete', spa.client);
  } finally {
    progress.end();
    await handle.close();
  }
}
