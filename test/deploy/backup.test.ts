import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../app/census/demo/citizens.js';
import { answersAbout, createDeployment, type Deployment } from '../support/deploy/deployment.js';
import { docker } from '../support/deploy/run.js';
import { postBody, postImport } from '../support/http/http.js';
import { IS_NIGHTLY } from '../support/nightly.js';

const IMPORTS = IS_NIGHTLY ? 10 : 2;
const CITIZENS_EACH = 100_000;

describe('backup, loss of the data and restore', () => {
  let deployment: Deployment;
  const importIds: number[] = [];
  let answers: string[] = [];
  before(async () => {
    deployment = await createDeployment('backup');
    await deployment.compose('up', '--detach', '--build');
    await deployment.untilReady();
    // Made beforehand: generating citizens blocks this process, which would miss the closing of an idle connection.
    const bodies = [1, 2].map((seed) =>
      JSON.stringify({ citizens: makeCitizens(CITIZENS_EACH, CITIZENS_EACH / 2, seed) }),
    );
    for (let place = 0; place < IMPORTS; place++) {
      importIds.push(await postBody(deployment.url, bodies[place % bodies.length] as string));
    }
    answers = await answersAbout(deployment.url, importIds);
  });
  after(() => deployment.remove());

  const backup = (...args: string[]) => deployment.compose('exec', '-T', 'tarantool', 'svodka-backup', ...args);
  const restore = (...args: string[]) =>
    deployment.compose('run', '--rm', '--no-deps', '-T', 'tarantool', 'svodka-restore', ...args);

  it('brings back every answer as it was', async (t) => {
    const begun = performance.now();
    const said = await backup();
    t.diagnostic(`${IMPORTS * CITIZENS_EACH} citizens, ${said.split('\n').at(-2)} (${ms(begun)} with compose)`);
    const later = await postImport(deployment.url, makeCitizens(10, 5));

    await deployment.compose('stop');
    await deployment.compose('rm', '--force');
    await docker('volume', 'rm', `${deployment.project}_data`);
    const restoring = performance.now();
    await restore();
    const restoredMs = ms(restoring);
    await deployment.compose('up', '--detach');
    await deployment.untilReady();
    t.diagnostic(`restore: ${restoredMs}, until it serves again: ${ms(restoring)}`);
    assert.deepEqual(await answersAbout(deployment.url, importIds), answers);
    const [gone] = await answersAbout(deployment.url, [later]);
    assert.match(gone as string, / 404 /, 'what came after the backup is not in it');
  });

  it('is refused while Tarantool works there', async () => {
    await assert.rejects(restore(), /another Tarantool works in .*: stop it first/);
  });

  it('of a backup with one bit changed is refused, and the data stay', async () => {
    const path = (await backup('--keep', '1')).split('\n').at(-1) as string;
    const damage = `f=$(ls ${path}/*.snap); printf x | dd of="$f" bs=1 seek=4000 conv=notrunc 2>/dev/null`;
    await deployment.compose('exec', '-T', 'tarantool', 'sh', '-c', damage);
    await deployment.compose('stop');
    await assert.rejects(restore(), /the checksum differs/);
    await deployment.compose('up', '--detach');
    await deployment.untilReady();
    assert.deepEqual(await answersAbout(deployment.url, importIds), answers);
  });

  it('keeps the newest so many', async () => {
    await backup('--keep', '2');
    await backup('--keep', '2');
    const names = await deployment.compose('exec', '-T', 'tarantool', 'svodka-restore', '--list');
    assert.equal(names.split('\n').length, 2);
  });
});

function ms(since: number): string {
  return `${(performance.now() - since).toFixed(0)} ms`;
}
