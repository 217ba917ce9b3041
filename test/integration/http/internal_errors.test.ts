import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { citizen } from '../../support/census/citizens.js';
import { type ExternalPair, startPair } from '../../support/db/external.js';
import { makeFolder, projectDir } from '../../support/folder.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { until } from '../../support/until.js';

/** The real database with three broken procedures: an error inside the wrapper, one outside it, a malformed result. */
const BROKEN_LUA = `
dofile('${join(projectDir, 'tarantool', 'app.lua')}')
svodka.presents.page = require('lib.export').wrap('svodka.presents.page', function()
    error('the secret of the database')
end)
svodka.stats.birth_ranks = function()
    error('the secret of the database')
end
svodka.citizens.patch = function()
    return 'the secret of the database'
end
`;

describe('a fault of the program', () => {
  let pair: ExternalPair;
  let importId: number;
  before(async () => {
    const script = join(makeFolder(), 'broken.lua');
    writeFileSync(script, BROKEN_LUA);
    pair = await startPair({ script });
    importId = await postImport(pair.service.url, [citizen(1)]);
  });
  after(() => pair.stop());

  for (const [why, ask] of [
    ['a procedure that raises', (url: string) => request<Problem>(`${url}/citizens/birthdays`)],
    ['an error of the box', (url: string) => request<Problem>(`${url}/towns/stat/percentile/age`)],
    ['an answer that makes no sense', (url: string) => sendJson<Problem>('PATCH', `${url}/citizens/1`, { town: 'Т' })],
  ] as const) {
    it(`is answered 500 without internal text and logged once, whole, with its request id: ${why}`, async () => {
      const { service } = pair;
      const answer = await ask(`${service.url}/imports/${importId}`);
      assert.equal(answer.status, 500);
      assert.equal(answer.headers.get('Content-Type'), 'application/problem+json');
      assert.equal(answer.body.code, 'INTERNAL');
      assert.doesNotMatch(answer.text, /secret|lua|\.[jt]s\b|svodka\.|stack/i);

      const linesOfIt = () =>
        service
          .output()
          .split('\n')
          .filter((line) => line.includes(answer.body.requestId));
      const [line] = await until('it is logged', () => linesOfIt().length > 0 && linesOfIt());
      // The line of the next answer comes after all lines of this one.
      const next = await request(`${service.url}/health/live`);
      await until('the next one is logged', () =>
        service.output().includes(next.headers.get('X-Request-Id') as string),
      );
      assert.equal(linesOfIt().length, 1);
      const logged = JSON.parse(line as string);
      assert.equal(logged.level, 50);
      assert.equal(logged.status, 500);
      if (why !== 'an answer that makes no sense')
        assert.match(JSON.stringify(logged.err), /the secret of the database/);
    });
  }
});
