import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { createConfigStore } from '../../../../app/cli/spa_ctl/config.js';
import { makeFolder } from '../../../support/folder.js';

function makeStore(content?: string) {
  const path = join(makeFolder(), 'config', 'svodka', 'spa_ctl.json');
  if (content !== undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: 0o644 });
  }
  return { path, store: createConfigStore(path) };
}

describe('the config file of spa_ctl', () => {
  it('is readable by nobody else, keeps what it has, and leaves no other file', () => {
    const { path, store } = makeStore();
    assert.deepEqual(store.read(), {});
    store.keep({ project: 'pr1' });
    store.keep({ url: 'http://a' });
    store.keep({ project: 'pr2' });
    assert.deepEqual(store.read(), { url: 'http://a', project: 'pr2' });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(dirname(path)), ['spa_ctl.json']);
  });

  it('becomes private also where others could read it, and keeps members of others', () => {
    const { path, store } = makeStore('{"token": "t", "colour": "red"}');
    store.keep({ project: 'pr1' });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { token: 't', colour: 'red', project: 'pr1' });
    assert.deepEqual(store.read(), { token: 't', project: 'pr1' });
  });

  it('is refused when it is broken, rather than ignored or overwritten', () => {
    for (const content of ['', '{', '[]', '"x"']) {
      const { path, store } = makeStore(content);
      assert.throws(() => store.read(), /is not a JSON object: mend it or remove it/);
      assert.throws(() => store.keep({ project: 'pr1' }), { exitCode: 2 });
      assert.equal(readFileSync(path, 'utf8'), content);
    }
    assert.throws(() => makeStore('{"url": 7}').store.read(), /"url" must be a string/);
    assert.deepEqual(makeStore('{"url": null, "token": ""}').store.read(), {});
  });

  it('says why it cannot be written', { skip: process.getuid?.() === 0 && 'root may write everywhere' }, () => {
    const { path, store } = makeStore('{}');
    chmodSync(dirname(path), 0o500);
    assert.throws(() => store.keep({ project: 'pr1' }), /cannot be written: EACCES/);
  });
});
