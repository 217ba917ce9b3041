import { hasCode } from '../errors.js';

/**
 * After so many reads were spoilt by changes, everything is read in a single call: it stalls other calls once, but it
 * ends.
 */
const MAX_SPOILT_READS = 3;

/**
 * Repeats a read of several calls until no change of the data came between them. The last attempt is told to make a
 * single call. @throws what `read` throws
 */
export async function readConsistently<Result>(read: (inSingleCall: boolean) => Promise<Result>): Promise<Result> {
  for (let spoilt = 0; spoilt < MAX_SPOILT_READS; spoilt++) {
    try {
      return await read(false);
    } catch (reason) {
      if (!hasCode(reason, 'IMPORT_KEEPS_CHANGING')) throw reason;
    }
  }
  return read(true);
}

/**
 * `version`: of the data that the page was read from, which the next call must find unchanged. `next`: the place that the
 * next page begins after; null: no page follows. `isLast`: no further page is wanted.
 */
export type PageEnd<Place, Version = number> = { version: Version; next: Place | null; isLast?: boolean };

/** One call; both are null for the first page. */
type ReadPage<Place, Version, Page> = (place: Place | null, version: Version | null) => Promise<Page>;

type PagesOptions<Place, Page> = {
  /** The place that the first page begins after. */
  from?: Place | null;
  /** The version that the first page must have. */
  version?: number | null;
  /** Is given each page once the next one was asked for, so that its work and the call overlap. */
  take?: (page: Page) => void;
};

/** Reads page after page; returns how the last one ended. @throws what `read` and `take` throw */
export async function readPages<Place, Page extends PageEnd<Place> = PageEnd<Place>>(
  read: ReadPage<Place, number, Page>,
  { from = null, version = null, take }: PagesOptions<Place, Page> = {},
): Promise<PageEnd<Place>> {
  let page = await read(from, version);
  for (;;) {
    const coming = page.next === null || page.isLast ? undefined : read(page.next, page.version);
    // Nobody awaits it when `take` throws.
    coming?.catch(() => {});
    take?.(page);
    if (coming === undefined) return page;
    page = await coming;
  }
}

/**
 * Reads at most `maxCalls` pages, and fewer when a change of the data comes between two of them: those read until then
 * are of one version, and `next` says where to continue. @throws what `read` throws for the first page
 */
export async function readSomePages<Place, Version = number>(
  read: ReadPage<Place, Version, PageEnd<Place, Version>>,
  { from, maxCalls }: { from: Place | null; maxCalls: number },
): Promise<PageEnd<Place, Version>> {
  let page = await read(from, null);
  try {
    for (let calls = 1; calls < maxCalls && page.next !== null && !page.isLast; calls++) {
      page = await read(page.next, page.version);
    }
  } catch (reason) {
    if (!hasCode(reason, 'IMPORT_KEEPS_CHANGING')) throw reason;
  }
  return page;
}
