import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { citizen } from '../../support/census/citizens.js';
import { type ExternalPair, startPair } from '../../support/db/external.js';
import { makeFolder, projectDir } from '../../support/folder.js';
import { openEvents } from '../../support/http/events.js';
import { postImport, request } from '../../support/http/http.js';
import { until } from '../../support/until.js';

/** The real database with a broken birthdays procedure, and a percentiles procedure that fails with WAL_FAILED. */
const BROKEN_LUA = `
dofile('${join(projectDir, 'tarantool', 'app.lua')}')
svodka.presents.page = require('lib.export').wrap('svodka.presents.page', function() error('broken') end)
svodka.stats.birth_ranks = require('lib.export').wrap('svodka.stats.birth_ranks', function()
    require('lib.errors').raise('WAL_FAILED')
end)
`;

type Line = Record<string, unknown> & { msg: string };

/** The fields in the table of the section "One line a request". */
function documentedFields(): string[] {
  const docs = readFileSync(join(projectDir, 'docs', 'operations.md'), 'utf8');
  const table = docs.split('One line a request')[1]?.split('\n\nOther lines')[0] ?? '';
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field as string).sort();
}

describe('the line of a request in the log', () => {
  let pair: ExternalPair;
  before(async () => {
    const script = join(makeFolder(), 'broken.lua');
    writeFileSync(script, BROKEN_LUA);
    pair = await startPair({ script });
  });
  after(() => pair.stop());

  const lines = (): Line[] =>
    pair.service
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === 'request' || msg === 'request failed');
  const lineOf = (what: string, test: (line: Line) => boolean) => until(what, () => lines().find(test));

  it('has the fields that docs/operations.md tells of, all of them and no others', async () => {
    const { url, port } = pair.service;
    const importId = await postImport(url, [citizen(1)]);
    await request(`${url}/imports/77`);
    await request(`${url}/imports/${importId}/citizens/birthdays`);
    await request(`${url}/imports/${importId}/towns/stat/percentile/age`);
    const events = await openEvents(`${url}/imports/${importId}/events`);
    await events.next('progress');
    events.close();
    // Requests without a valid path have no path in their line.
    connect(port, '127.0.0.1').end('GET http://[ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await lineOf('who left early', (line) => line['cutOff'] === true);
    await lineOf('what is no path', (line) => !('path' in line));
    await lineOf('a fault', (line) => 'err' in line && line['level'] === 50);
    await lineOf('a 503', (line) => line['status'] === 503 && 'detail' in line && line['level'] === 40);
    const fields = new Set(lines().flatMap((line) => Object.keys(line)));
    assert.deepEqual([...fields].sort(), documentedFields());
  });

  it('has neither the query nor a body', async () => {
    await request(`${pair.service.url}/imports?secret_query=1`, { method: 'POST', body: 'secret_body' });
    await lineOf('it is logged', (line) => line['path'] === '/imports' && line['status'] === 400);
    assert.doesNotMatch(pair.service.output(), /secret_/);
  });
});
