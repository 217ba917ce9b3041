import { hasCode, ServiceError } from '../../errors.js';
import type { BodyAccount } from '../../http/bodies/body_budget.js';
import type { Hasher } from './hashing/hasher.js';
import { invalidHeader, type Part } from './headers/content_range.js';
import type { Precondition } from './headers/preconditions.js';
import type { FileRow } from './schema.js';
import type { DiskRoom } from './store/disk_room.js';
import { outOfStep, type Upload, type UploadOwner, type Uploads } from './store/uploads.js';
import { writeAll } from './store/write.js';

/** A body that is a file or a part of one. */
export type Incoming = {
  user: string;
  path: readonly string[];
  /** undefined: the body is the whole file. */
  part: Part | undefined;
  /** Of the body, if the client announced it. */
  length: number | undefined;
  /** SHA-256 of the body, and of the whole file, if the client names them. */
  contentDigest: Buffer | undefined;
  reprDigest: Buffer | undefined;
  precondition: Precondition | undefined;
  windows: AsyncIterable<Buffer>;
  account: BodyAccount;
  /** Makes `windows` throw the error. */
  endReading(error: ServiceError): void;
};

/** `offset`: the file is not complete, and has so many bytes. */
export type Received = { offset: number } | { row: FileRow; isNew: boolean };

/** Moves a complete file to its place. @throws ServiceError PRECONDITION_FAILED, FILE_IN_THE_WAY */
export type PutComplete = (
  incoming: Incoming,
  upload: Upload,
  sha256: string,
) => Promise<{ row: FileRow; isNew: boolean }>;

type ReceiverParts = { uploads: Uploads; room: DiskRoom; hasher: Hasher; put: PutComplete };

function digestMismatch(what: string): ServiceError {
  return new ServiceError('DIGEST_MISMATCH', `The SHA-256 of ${what} is another one. Nothing was stored.`);
}

/** The bytes that arrived are right as far as they go, so the client may go on after them. */
function leavesBytes(reason: unknown): boolean {
  return (['BODY_CUT_OFF', 'REQUEST_TIMEOUT', 'UPLOAD_OUT_OF_STEP'] as const).some((code) => hasCode(reason, code));
}

function requireWholePart({ part }: Incoming, end: number): void {
  if (part === undefined || end === part.last + 1) return;
  const { first, last } = part;
  throw invalidHeader('Content-Range', `names ${last - first + 1} bytes, and the body has ${end - first}`);
}

function requireDigest(expected: Buffer | undefined, actual: Buffer | undefined, what: string): void {
  if (expected !== undefined && actual?.equals(expected) !== true) throw digestMismatch(what);
}

/**
 * Creates the function that receives a body. It throws what `windows` and `put` throw, and DIGEST_MISMATCH,
 * FILES_DISK_FULL, UPLOAD_OUT_OF_STEP, INVALID_INPUT. Bytes that arrived before the connection was lost are kept for
 * the next attempt; a refused body leaves nothing behind.
 */
export function createReceiver({ uploads, room, hasher, put }: ReceiverParts) {
  function begin(owner: UploadOwner, { part, length, reprDigest }: Incoming): Promise<Upload> {
    const announced = { total: part === undefined ? length : part.total, sha256: reprDigest?.toString('hex') };
    if (part !== undefined && part.first > 0) return uploads.goOn(owner, part.first, announced);
    return room.within(() => uploads.begin(owner, announced));
  }

  /** Writes the body and hashes what is asked for meanwhile; `reached` is called with the end of what is written. */
  async function write(incoming: Incoming, upload: Upload, reached: (end: number) => void): Promise<number> {
    let end = incoming.part?.first ?? 0;
    const stopReading = () => incoming.endReading(outOfStep(end));
    upload.takenOver.addEventListener('abort', stopReading);
    try {
      for await (const window of incoming.windows) {
        const at = end;
        await room.within(() => writeAll(upload.file, window, at));
        end += window.length;
        incoming.account.give(window.buffer.byteLength);
        reached(end);
      }
    } finally {
      upload.takenOver.removeEventListener('abort', stopReading);
    }
    return end;
  }

  return async (incoming: Incoming): Promise<Received> => {
    const { user, path, part, length, contentDigest, reprDigest } = incoming;
    const owner = { user, path: path.join('/') };
    const first = part?.first ?? 0;
    await room.require(part === undefined ? (length ?? 0) : part.last + 1 - first);
    const upload = await begin(owner, incoming);
    const { file } = upload;
    const completes = part === undefined || (part.total ?? upload.total) === part.last + 1;
    const ofWhole = completes ? hasher.digest(file.fd, 0) : undefined;
    const ofPart = part !== undefined && contentDigest !== undefined ? hasher.digest(file.fd, first) : undefined;
    let reachedEnd = first;
    let keptBytes = first;
    let isPlaced = false;
    try {
      const end = await write(incoming, upload, (at) => {
        reachedEnd = at;
        ofPart?.advance(at);
        ofWhole?.advance(at);
      });
      requireWholePart(incoming, end);
      if (ofPart !== undefined) requireDigest(contentDigest, await ofPart.finish(end), 'the body');
      if (ofWhole === undefined) {
        await file.datasync();
        keptBytes = end;
        return { offset: end };
      }
      // From here on all of it is stored, or nothing.
      keptBytes = 0;
      const sha256 = await ofWhole.finish(end);
      if (part === undefined) requireDigest(contentDigest, sha256, 'the body');
      const announced = upload.sha256 === undefined ? undefined : Buffer.from(upload.sha256, 'hex');
      requireDigest(reprDigest ?? announced, sha256, 'the file');
      await file.datasync();
      const placed = await put(incoming, upload, sha256.toString('hex'));
      isPlaced = true;
      return placed;
    } catch (reason) {
      if (leavesBytes(reason)) keptBytes = reachedEnd;
      throw reason;
    } finally {
      await Promise.all([ofPart?.drop(), ofWhole?.drop()]);
      if (isPlaced) await uploads.finish(owner, upload);
      else await uploads.keep(owner, upload, keptBytes);
    }
  };
}
