import type { BigIntStats } from 'node:fs';
import { type FileHandle, mkdir } from 'node:fs/promises';
import type { Logger } from 'pino';
import { ServiceError } from '../../errors.js';
import type { Holds } from '../../siblings/holds.js';
import type { Hasher } from './hashing/hasher.js';
import { type Precondition, requireForChange, requireIfMatch } from './headers/preconditions.js';
import { createReceiver, type Incoming, type PutComplete, type Received } from './receiving.js';
import type { FileRow } from './schema.js';
import { createDigests } from './store/digests.js';
import { createDiskRoom, diskFull, isDiskFull } from './store/disk_room.js';
import { listFiles } from './store/listing.js';
import { codeOf, openFile, putInPlace, removeFile, unavailable } from './store/tree.js';
import { createUploads } from './store/uploads.js';

const SWEEP_MS = 60 * 60 * 1_000;
/** Of files that were put there by hand, while a list is made; 0.1 to 0.7 s. The ETags of further ones are null. */
const MAX_HASHED_WHILE_LISTING_BYTES = 256 * 1024 * 1024;

/** The names of a path (model/file_path.ts). */
type FilePath = readonly string[];

export type OpenedFile = { file: FileHandle; row: FileRow; sha256: string };

/** All methods throw ServiceError, FILES_UNAVAILABLE among others. */
export type FilesService = {
  /** The file, which the caller closes; undefined if there is none. */
  open(path: FilePath): Promise<OpenedFile | undefined>;
  /** Receives a body (receiving.ts). */
  receive(incoming: Incoming): Promise<Received>;
  /** FILE_NOT_FOUND, PRECONDITION_FAILED */
  remove(path: FilePath, precondition: Precondition | undefined): Promise<void>;
  /** All files whose paths begin with `start` in the folder, in order. */
  list(folders: FilePath, start: string): AsyncGenerator<FileRow, void>;
  /** How many bytes of the user's upload are there. */
  uploadOffset(user: string, path: FilePath): Promise<number | undefined>;
  start(): Promise<void>;
  stop(): void;
};

export function etagOf(sha256: string): string {
  return `"${sha256}"`;
}

function rowOf(path: FilePath, { size, mtimeNs }: BigIntStats, sha256: string | undefined): FileRow {
  return {
    path: path.join('/'),
    size: Number(size),
    etag: sha256 === undefined ? null : etagOf(sha256),
    modified: Number(mtimeNs / 1_000_000n) / 1_000,
  };
}

export function fileNotFound(headers: Readonly<Record<string, string>> = {}): ServiceError {
  return new ServiceError('FILE_NOT_FOUND', 'There is no file at this path.', { headers });
}

/** Faults of the folder itself, which only an operator can mend. */
const FOLDER_FAULTS: ReadonlySet<string | undefined> = new Set([
  ...['EACCES', 'EBUSY', 'EIO', 'EMFILE', 'ENFILE', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS', 'ESTALE', 'EXDEV'],
]);

async function orUnavailable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (reason) {
    if (isDiskFull(reason)) throw diskFull();
    if (!FOLDER_FAULTS.has(codeOf(reason))) throw reason;
    throw unavailable(reason);
  }
}

/** `holds`: of all processes that use the folder. */
type FilesServiceParts = { root: string; hasher: Hasher; log: Logger; holds: Holds };

export function createFilesService({ root, hasher, log, holds }: FilesServiceParts): FilesService {
  const digests = createDigests(root, hasher);
  const uploads = createUploads(root, holds);
  const room = createDiskRoom(root, uploads);
  let sweeping: NodeJS.Timeout | undefined;

  async function open(path: FilePath): Promise<OpenedFile | undefined> {
    const file = await openFile(root, path);
    if (file === undefined) return undefined;
    try {
      const stats = await file.stat({ bigint: true });
      const sha256 = await digests.of(path.join('/'), file, stats);
      return { file, row: rowOf(path, stats, sha256), sha256 };
    } catch (reason) {
      await file.close();
      throw reason;
    }
  }

  /** undefined if there is none. */
  async function currentEtag(path: FilePath): Promise<string | undefined> {
    const opened = await open(path);
    await opened?.file.close();
    return opened && etagOf(opened.sha256);
  }

  async function isThere(path: FilePath): Promise<boolean> {
    const file = await openFile(root, path);
    await file?.close();
    return file !== undefined;
  }

  /** One change of the tree at a time: a DELETE removes empty folders, in which a PUT may be about to put its file. */
  const changing = <Result>(work: () => Promise<Result>) => holds.inTurn('tree', work);

  const put: PutComplete = ({ path, precondition }, upload, sha256) =>
    changing(async () => {
      if (precondition !== undefined) requireForChange(precondition, await currentEtag(path));
      const isNew = !(await isThere(path));
      await room.within(() => putInPlace(root, path, upload.place));
      const stats = await upload.file.stat({ bigint: true });
      await digests.remember(path.join('/'), stats, sha256);
      return { row: rowOf(path, stats, sha256), isNew };
    });

  const receive = createReceiver({ uploads, room, hasher, put });

  async function etagForList(path: FilePath, stats: BigIntStats, mayHash: boolean): Promise<string | undefined> {
    const known = await digests.known(path.join('/'), stats);
    if (known !== undefined || !mayHash) return known;
    const opened = await open(path);
    await opened?.file.close();
    return opened?.sha256;
  }

  return {
    open: (path) => orUnavailable(() => open(path)),

    receive: (incoming) =>
      orUnavailable(async () => {
        const { path, precondition } = incoming;
        // Once more when the body is there; this one spares the client from sending it.
        if (precondition !== undefined) requireForChange(precondition, await currentEtag(path));
        return receive(incoming);
      }),

    remove: (path, precondition) =>
      orUnavailable(() =>
        changing(async () => {
          if (!(await isThere(path))) throw fileNotFound();
          if (precondition !== undefined) requireIfMatch(precondition, await currentEtag(path));
          await removeFile(root, path);
          await digests.forget(path.join('/'));
        }),
      ),

    async *list(folders, start) {
      let hashableBytes = MAX_HASHED_WHILE_LISTING_BYTES;
      for await (const { path, stats } of listFiles(root, folders, start)) {
        const size = Number(stats.size);
        const sha256 = await etagForList(path, stats, size <= hashableBytes);
        hashableBytes -= size;
        yield rowOf(path, stats, sha256);
      }
    },

    uploadOffset: (user, path) => uploads.offset({ user, path: path.join('/') }),

    async start() {
      try {
        await mkdir(root, { recursive: true });
        await uploads.removeExpired();
      } catch (reason) {
        log.error({ folder: root, err: reason }, 'the folder of the files cannot be used');
      }
      const sweep = () => uploads.removeExpired().catch((reason) => log.warn({ err: reason }, 'removing old uploads'));
      sweeping = setInterval(() => void sweep(), SWEEP_MS).unref();
    },

    stop: () => clearInterval(sweeping),
  };
}
