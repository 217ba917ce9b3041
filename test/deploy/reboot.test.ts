import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../app/census/demo/citizens.js';
import { answersAbout, createDeployment, type Deployment } from '../support/deploy/deployment.js';
import { ENGINE_DIR, startEngine, stopEngine } from '../support/deploy/engine.js';
import { postImport } from '../support/http/http.js';

const engineDir = process.env[ENGINE_DIR];

describe('after the engine was stopped and started, as by a reboot', {
  skip: engineDir === undefined && 'it needs an engine of its own',
}, () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment('reboot');
    await deployment.compose('up', '--detach', '--build');
    await deployment.untilReady();
  });
  after(() => deployment.remove());

  it('everything is back by itself, with all data', async (t) => {
    const importIds = [await postImport(deployment.url, makeCitizens(10_000, 6_000))];
    const answers = await answersAbout(deployment.url, importIds);
    await stopEngine(engineDir as string);
    await assert.rejects(fetch(deployment.url));
    const begun = performance.now();
    await startEngine(engineDir as string);
    await deployment.untilReady();
    t.diagnostic(`the engine's start to the first answer: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    assert.deepEqual(await answersAbout(deployment.url, importIds), answers);
  });
});
