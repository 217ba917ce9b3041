import type { ChangeFeed } from '../../../db/change_feed.js';
import { ServiceError } from '../../../errors.js';
import type { VersionWait } from '../../../http/answers/data_version.js';

const MAX_WAIT_MS = 5_000;

/** Waits until an import reaches a version. `maxWaitMs` 0: look only once. */
export function createVersionWait(
  feed: ChangeFeed,
  versionOf: (importId: number) => Promise<number>,
  maxWaitMs = MAX_WAIT_MS,
): VersionWait {
  /** Returns whether the version was reached by `endsAt`; looks again after each change of the import. */
  async function waitForChange(importId: number, endsAt: number, isReached: () => Promise<boolean>): Promise<boolean> {
    let onChange = () => {};
    const unlisten = feed.listen(importId, () => onChange());
    try {
      await feed.followed();
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          onChange = () => resolve();
          setTimeout(resolve, Math.max(0, endsAt - performance.now())).unref();
        });
        if (await isReached()) return true;
        if (performance.now() >= endsAt) return false;
        await changed;
      }
    } finally {
      unlisten();
    }
  }

  return async (importId, version) => {
    const isReached = async () => (await versionOf(importId)) >= version;
    if (await isReached()) return;
    if (maxWaitMs > 0 && (await waitForChange(importId, performance.now() + maxWaitMs, isReached))) return;
    throw new ServiceError('VERSION_NOT_REACHED', `The import has not come to version ${version} in ${maxWaitMs} ms.`);
  };
}
