import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { citizen } from '../../support/census/citizens.js';
import { projectDir } from '../../support/folder.js';
import { openEvents } from '../../support/http/events.js';
import { postImport, request, sendJson } from '../../support/http/http.js';
import { noNginx, type RunningNginx, startNginx } from '../../support/nginx.js';
import { useService } from '../../support/suite.js';

/** The nginx settings from docs/operations.md, in front of this service. */
function documentedSettings(serviceUrl: string): string {
  const docs = readFileSync(join(projectDir, 'docs', 'operations.md'), 'utf8');
  const [, settings = ''] = /^```nginx\n(.*?)^```$/ms.exec(docs) ?? [];
  assert.match(settings, /http:\/\/127\.0\.0\.1:8080/);
  return settings.replace('http://127.0.0.1:8080', serviceUrl);
}

describe('behind nginx as docs/operations.md sets it up', { skip: noNginx }, () => {
  const service = useService();
  let nginx: RunningNginx;
  before(async () => {
    nginx = await startNginx(documentedSettings(service.url));
  });
  after(() => nginx.stop());

  it('imports of more than 1 MB are stored', async () => {
    const citizens = makeCitizens(10_000, 0);
    assert.ok(JSON.stringify({ citizens }).length > 1024 * 1024, 'more than nginx takes unless told otherwise');
    const importId = await postImport(nginx.url, citizens);
    const { status, headers } = await request(`${nginx.url}/imports/${importId}/citizens`);
    assert.equal(status, 200);
    assert.doesNotMatch(headers.get('ETag') ?? '', /^W\//);
  });

  it('events come as they happen, and a change is made with the ETag that came', async () => {
    const importId = await postImport(nginx.url, [citizen(1)]);
    const url = `${nginx.url}/imports/${importId}`;
    const events = await openEvents(`${url}/events`);
    await events.next('progress');
    const { headers } = await request(`${url}/citizens/1`);
    const changed = await request(`${url}/citizens/1`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json', 'If-Match': headers.get('ETag') as string },
      body: JSON.stringify({ town: 'Керчь' }),
    });
    assert.equal(changed.status, 200);
    await events.next('changed');
    events.close();
  });

  it('a problem is the service’s own', async () => {
    const { status, headers } = await sendJson('POST', `${nginx.url}/imports`, {});
    assert.deepEqual([status, headers.get('Content-Type')], [400, 'application/problem+json']);
  });
});
