import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportProgress } from '../../../../app/census/imports/repository.js';
import { createImportWatch, type WatchEvent } from '../../../../app/census/imports/watching/watch.js';
import type { ChangeListener } from '../../../../app/db/change_feed.js';
import { ServiceError } from '../../../../app/errors.js';
import { until } from '../../../support/until.js';

/** An import and a feed controlled by the test. */
function setUp(state: 'staging' | 'published') {
  const stored: ImportProgress = {
    importId: 7,
    state,
    citizenCount: 1,
    bytes: 5,
    createdAt: 5,
    publishedAt: undefined,
    version: 10,
  };
  const listeners = new Set<ChangeListener>();
  let failure: Error | undefined;
  let looks = 0;
  const feed = {
    listen(_importId: number, listener: ChangeListener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    followed: async () => {},
  };
  const watch = createImportWatch(feed, async () => {
    looks++;
    if (failure !== undefined) throw failure;
    return { ...stored };
  });
  const events: WatchEvent[] = [];
  return {
    stored,
    events,
    kinds: () => events.map((event) => (event.kind === 'changed' ? event.version : event.kind)),
    looks: () => looks,
    isFollowed: () => listeners.size > 0,
    fail(reason: Error | undefined) {
      failure = reason;
    },
    tell(version: number | undefined) {
      for (const listener of [...listeners]) listener(version);
    },
    start: (seenVersion?: number) => watch.watch(7, (event) => events.push(event), seenVersion),
  };
}

const NOT_FOUND = new ServiceError('IMPORT_NOT_FOUND', 'x');

describe('the watch of an import', () => {
  it('tells of changes of a published one without asking the database, and never of an older version', async () => {
    const { start, tell, kinds, looks } = setUp('published');
    await start();
    for (const version of [11, 9, 12]) {
      tell(version);
      await sleep(120);
    }
    assert.deepEqual(kinds(), ['progress', 11, 12]);
    assert.equal(looks(), 1);
  });

  it('tells of a staged one as it grows, of its publication, and then of its changes', async () => {
    const { start, tell, kinds, stored } = setUp('staging');
    await start();
    for (const change of [{ citizenCount: 2 }, { state: 'published' as const }]) {
      Object.assign(stored, change);
      const before = kinds().length;
      tell(10);
      await until('it is told', () => kinds().length > before);
    }
    tell(11);
    await until('the change is told', () => kinds().includes(11));
    assert.deepEqual(kinds(), ['progress', 'progress', 'progress', 11]);
  });

  it('tells nothing after the end, also not what was due', async () => {
    const { start, tell, kinds, isFollowed } = setUp('published');
    await start();
    tell(11);
    await until('the first is told', () => kinds().includes(11));
    tell(12);
    tell(0);
    await sleep(150);
    assert.deepEqual(kinds(), ['progress', 11, 'gone']);
    assert.equal(isFollowed(), false);
  });

  it('looks by itself when the feed has missed something: at a change, at the end, and again while the database is away', async () => {
    const { start, tell, kinds, stored, fail } = setUp('published');
    await start();
    stored.version = 20;
    fail(new ServiceError('DATABASE_AWAY', 'x'));
    tell(undefined);
    await sleep(50);
    fail(undefined);
    await until('the change is told', () => kinds().includes(20));
    fail(NOT_FOUND);
    tell(undefined);
    await until('the end is told', () => kinds().includes('gone'));
    assert.deepEqual(kinds(), ['progress', 20, 'gone']);
  });

  it('follows nothing any more when nobody watches, and nothing for an import that is not', async () => {
    const { start, isFollowed, fail } = setUp('published');
    const [first, second] = [await start(), await start()];
    first();
    assert.equal(isFollowed(), true);
    second();
    assert.equal(isFollowed(), false);
    fail(NOT_FOUND);
    await assert.rejects(start(), NOT_FOUND);
    assert.equal(isFollowed(), false);
  });
});
