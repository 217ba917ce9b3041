import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathSegment } from '../../../app/cli/path_segment.js';
import { filePath } from '../../../app/cli/spa_ctl/files/remote_path.js';
import { pathSegment as pageSegment } from '../../../app/dashboard/page/shared/path_segment.js';

describe('a name in the path of a URL', () => {
  for (const name of ['a b', 'a/b', '%2e%2e', '...', 'ё?#']) {
    it(`stays one segment: ${name}`, () => {
      for (const segment of [pathSegment, pageSegment]) {
        const { pathname } = new URL(`http://host/files/${segment(name)}/end`);
        assert.equal(decodeURIComponent(pathname.split('/')[2] as string), name);
        assert.equal(pathname.split('/').length, 4);
      }
    });
  }

  for (const name of ['.', '..']) {
    it(`is refused when a URL would lose it: ${name}`, () => {
      assert.equal(new URL(`http://host/files/${encodeURIComponent(name)}/x`).pathname.includes(name), false);
      assert.throws(() => pathSegment(name), /Refused/);
      assert.throws(() => pageSegment(name), /must have no name/);
    });
  }

  it('is refused anywhere in the path of a file', () => {
    for (const path of ['../imports/1', 'a/../../imports/1', './x', 'a/..']) {
      assert.throws(() => filePath(path), /Refused/);
    }
    assert.equal(filePath('/a/b c'), '/files/a/b%20c');
  });
});
