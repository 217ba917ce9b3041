import { statfs } from 'node:fs/promises';
import { ServiceError } from '../../../errors.js';
import { codeOf } from './tree.js';
import type { Uploads } from './uploads.js';

const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

export function isDiskFull(reason: unknown): boolean {
  return FULL.has(codeOf(reason));
}

export function diskFull(): ServiceError {
  return new ServiceError('FILES_DISK_FULL', 'The disk of the files is full. Nothing was stored.');
}

export type DiskRoom = {
  /**
   * Runs a step that needs room on the disk; incomplete uploads make room, the oldest first, and the step is repeated.
   * @throws ServiceError FILES_DISK_FULL
   */
  within<Result>(step: () => Promise<Result>): Promise<Result>;
  /** Refuses what cannot fit, before it is read. @throws ServiceError FILES_DISK_FULL */
  require(bytes: number): Promise<void>;
};

export function createDiskRoom(root: string, uploads: Pick<Uploads, 'removeOldest' | 'idleBytes'>): DiskRoom {
  return {
    async within(step) {
      for (;;) {
        try {
          return await step();
        } catch (reason) {
          if (!isDiskFull(reason)) throw reason;
          if (!(await uploads.removeOldest())) throw diskFull();
        }
      }
    },
    async require(bytes) {
      const { bavail, bsize } = await statfs(root);
      if (bytes <= bavail * bsize) return;
      if (bytes > bavail * bsize + (await uploads.idleBytes())) throw diskFull();
    },
  };
}
