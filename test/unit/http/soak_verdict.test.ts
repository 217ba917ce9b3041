import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { complaintsOf, OF_CLIENTS, table } from '../../soak/verdict.js';

const before = new Map([
  ['watchers', 0],
  ['descriptors', 40],
  ["Tarantool's data bytes", 1024 * 1024],
]);

describe('the verdict of a soak', () => {
  it('is good when all came back, or nearly so where that is tolerated', () => {
    assert.deepEqual(complaintsOf(before, before), []);
    assert.deepEqual(complaintsOf(before, new Map([...before, ['descriptors', 45]])), []);
    assert.deepEqual(complaintsOf(new Map([['watchers', 3]]), new Map()), []);
  });

  it('names what did not come back', () => {
    const [watcher, data, ...more] = complaintsOf(
      before,
      new Map([...before, ['watchers', 1], ["Tarantool's data bytes", 9 * 1024 * 1024]]),
    );
    assert.match(watcher ?? '', /^watchers: 0 before, 1 after, tolerated 0 more/);
    assert.match(data ?? '', /^Tarantool's data bytes: 1.0 MiB before, 9.0 MiB after/);
    assert.deepEqual(more, []);
    assert.equal(
      complaintsOf(before, new Map([...before, ['watchers', 1], ['rss bytes', 2 ** 40]]), OF_CLIENTS).length,
      1,
    );
  });

  it('shows every reading of every moment', () => {
    const shown = table({ before, later: new Map([['timers', 2]]) });
    assert.match(shown, /^ +before +later\n/);
    assert.match(shown, /^timers +0 +2$/m);
  });
});
