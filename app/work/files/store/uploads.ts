import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../../../errors.js';
import type { Hold, Holds } from '../../../siblings/holds.js';
import { STATE_FOLDER } from '../model/file_path.js';
import { codeOf } from './tree.js';

const LIFE_MS = 24 * 60 * 60 * 1_000;
/** Of one owner: clients that fail again and again would fill the disk. */
const MAX_IDLE = 3;

/** What a client has announced of the whole file. */
type Announced = { total: number | undefined; sha256: string | undefined };

/** Who uploads what: uploads of one path by two users do not mix. */
export type UploadOwner = { user: string; path: string };

/** An upload that a request is writing. */
export type Upload = Announced & {
  readonly file: FileHandle;
  /** Path of the incomplete file. */
  readonly place: string;
  readonly startedMs: number;
  /** Aborted when another request goes on with the upload. */
  readonly takenOver: AbortSignal;
  readonly hold: Hold;
};

type Stored = Announced & { place: string; size: number; modifiedMs: number };

export type Uploads = {
  begin(owner: UploadOwner, announced: Announced): Promise<Upload>;
  /**
   * The upload that has at least `from` bytes, cut to these. A request that is still writing it is ended: its client has
   * come back over another connection.
   * @throws ServiceError UPLOAD_OUT_OF_STEP
   */
  goOn(owner: UploadOwner, from: number, announced: Announced): Promise<Upload>;
  /** How many bytes of an upload are there; undefined if there is none. */
  offset(owner: UploadOwner): Promise<number | undefined>;
  /** Ends the request's use of the upload, of which `bytes` stay for the next one; 0 removes it. */
  keep(owner: UploadOwner, upload: Upload, bytes: number): Promise<void>;
  /** Ends an upload whose file has been moved to its place, with older ones of the same owner. */
  finish(owner: UploadOwner, upload: Upload): Promise<void>;
  /** Removes the oldest upload that no request is writing. Returns whether there was one. */
  removeOldest(): Promise<boolean>;
  /** Bytes that `removeOldest` could free. */
  idleBytes(): Promise<number>;
  /** Removes uploads that nobody has gone on with for a day. */
  removeExpired(): Promise<void>;
};

/** `<uuid>_<total>_<SHA-256>`, with `-` for what is not known. */
function nameOf({ total, sha256 }: Announced): string {
  return `${randomUUID()}_${total ?? '-'}_${sha256 ?? '-'}`;
}

function announcedBy(name: string): Announced {
  const [, total, sha256] = name.split('_');
  return {
    total: total === undefined || total === '-' ? undefined : Number(total),
    sha256: sha256 === '-' ? undefined : sha256,
  };
}

function agree<Value>(a: Value | undefined, b: Value | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

async function removeQuietly(place: string): Promise<void> {
  await unlink(place).catch(() => {});
}

/**
 * Keeps incomplete files in a folder of the same file system as the complete ones, one folder for each owner. Their
 * names hold all that is known of them, so a process that starts after a crash finds what there is. The file that a request
 * writes is held under its path.
 */
export function createUploads(root: string, holds: Holds): Uploads {
  const { inTurn } = holds;
  const uploadsDir = join(root, STATE_FOLDER, 'uploads');

  function folderOf({ user, path }: UploadOwner): string {
    return join(uploadsDir, createHash('sha256').update(`${user}\0${path}`).digest('hex'));
  }

  async function storedIn(folder: string): Promise<Stored[]> {
    const names = await readdir(folder).catch(() => []);
    const found = await Promise.all(
      names.map(async (name): Promise<Stored[]> => {
        const place = join(folder, name);
        const seen = await stat(place).catch(() => undefined);
        if (seen === undefined) return [];
        return [{ ...announcedBy(name), place, size: seen.size, modifiedMs: seen.mtimeMs }];
      }),
    );
    return found.flat().sort((a, b) => b.modifiedMs - a.modifiedMs);
  }

  async function allIdle(): Promise<Stored[]> {
    const folders = await readdir(uploadsDir).catch(() => []);
    const stored = await Promise.all(folders.map((folder) => storedIn(join(uploadsDir, folder))));
    const held = await holds.held();
    return stored.flat().filter(({ place }) => !held.has(place));
  }

  async function activate(place: string, announced: Announced, openIt: () => Promise<FileHandle>): Promise<Upload> {
    const hold = await holds.hold(place);
    try {
      return { ...announced, file: await openIt(), place, startedMs: Date.now(), takenOver: hold.wanted, hold };
    } catch (reason) {
      hold.release();
      throw reason;
    }
  }

  /** Idle ones first, the newest first. */
  async function candidates(owner: UploadOwner): Promise<(Stored & { isHeld: boolean })[]> {
    const fresh = (await storedIn(folderOf(owner))).filter(({ modifiedMs }) => Date.now() - modifiedMs < LIFE_MS);
    const held = await holds.held();
    const all = fresh.map((each) => ({ ...each, isHeld: held.has(each.place) }));
    return [...all.filter(({ isHeld }) => !isHeld), ...all.filter(({ isHeld }) => isHeld)];
  }

  async function take({ place, ...stored }: Stored, from: number, announced: Announced): Promise<Upload> {
    const known = { total: announced.total ?? stored.total, sha256: announced.sha256 ?? stored.sha256 };
    const renamed = join(place, '..', nameOf(known));
    return activate(renamed, known, async () => {
      await rename(place, renamed);
      const file = await open(renamed, 'r+');
      await file.truncate(from);
      return file;
    });
  }

  /**
   * Removes files of a folder, and the folder when it is empty then; in turn, since another upload may just have made it for
   * its file. A request gives up its own upload first: one that takes it over waits for that in its turn.
   */
  function tidy(folder: string, removeFiles = async () => {}): Promise<void> {
    return inTurn(folder, async () => {
      await removeFiles();
      await rmdir(folder).catch(() => {});
    });
  }

  return {
    async begin(owner, announced) {
      const folder = folderOf(owner);
      const place = join(folder, nameOf(announced));
      return inTurn(folder, async () => {
        await mkdir(folder, { recursive: true });
        return activate(place, announced, () => open(place, 'wx+'));
      });
    },

    goOn(owner, from, announced) {
      return inTurn(folderOf(owner), async () => {
        const fits = ({ total, sha256, size }: Stored) =>
          size >= from && agree(total, announced.total) && agree(sha256, announced.sha256);
        for (;;) {
          const all = await candidates(owner);
          const fitting = all.filter(fits);
          const chosen = fitting.find(({ size }) => size === from) ?? fitting[0];
          if (chosen === undefined) throw outOfStep(all[0]?.size ?? 0);
          if (chosen.isHeld) {
            // It may end complete, or with fewer bytes.
            await holds.wrest(chosen.place);
            continue;
          }
          try {
            return await take(chosen, from, announced);
          } catch (reason) {
            // removeOldest waits for no turn.
            if (codeOf(reason) !== 'ENOENT') throw reason;
          }
        }
      });
    },

    async offset(owner) {
      return (await candidates(owner))[0]?.size;
    },

    async keep(owner, upload, bytes) {
      const folder = folderOf(owner);
      try {
        if (bytes > 0) await upload.file.truncate(bytes);
        else await removeQuietly(upload.place);
      } finally {
        await upload.file.close();
        upload.hold.release();
        await tidy(folder, async () => {
          const held = await holds.held();
          const idle = (await storedIn(folder)).filter(({ place }) => !held.has(place));
          for (const { place } of idle.slice(MAX_IDLE)) await removeQuietly(place);
        });
      }
    },

    async finish(owner, upload) {
      const folder = folderOf(owner);
      await upload.file.close();
      upload.hold.release();
      await tidy(folder, async () => {
        const held = await holds.held();
        for (const { place, modifiedMs } of await storedIn(folder)) {
          if (!held.has(place) && modifiedMs < upload.startedMs) await removeQuietly(place);
        }
      });
    },

    async removeOldest() {
      const oldest = (await allIdle()).sort((a, b) => a.modifiedMs - b.modifiedMs)[0];
      if (oldest === undefined) return false;
      await removeQuietly(oldest.place);
      return true;
    },

    async idleBytes() {
      return (await allIdle()).reduce((sum, { size }) => sum + size, 0);
    },

    async removeExpired() {
      for (const { place, modifiedMs } of await allIdle()) {
        if (Date.now() - modifiedMs >= LIFE_MS) await removeQuietly(place);
      }
      for (const name of await readdir(uploadsDir).catch(() => [])) await tidy(join(uploadsDir, name));
    },
  };
}

/** `offset`: how many bytes are there. */
export function outOfStep(offset: number): ServiceError {
  return new ServiceError(
    'UPLOAD_OUT_OF_STEP',
    `The upload cannot go on at this byte: it has ${offset}, or another request has taken it over.`,
    { headers: { 'Upload-Offset': String(offset) } },
  );
}
