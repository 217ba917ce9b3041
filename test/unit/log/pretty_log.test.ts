import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prettyLine } from '../../../app/log/pretty_log.js';

const at = new Date(2026, 10, 28, 9, 5, 7).getTime();
const line = (members: object) => prettyLine(`${JSON.stringify({ level: 30, time: at, ...members })}\n`);

describe('a log line for people', () => {
  const cases: readonly [why: string, members: object, expected: string][] = [
    ['a message', { msg: 'stopped' }, '[09:05:07] INFO: stopped\n'],
    [
      'a request, without its id',
      { requestId: 'a1', method: 'GET', path: '/imports/1', status: 200, durationMs: 3.1, msg: 'request' },
      '[09:05:07] INFO: GET /imports/1 200 in 3.1 ms\n',
    ],
    [
      'a request that failed, with its id and the rest as JSON',
      {
        level: 40,
        requestId: 'a1',
        method: 'GET',
        path: '/imports',
        status: 503,
        durationMs: 2,
        code: 'DATABASE_UNAVAILABLE',
        msg: 'request failed',
      },
      '[09:05:07] WARN: request failed GET /imports 503 in 2 ms (request a1) {"code":"DATABASE_UNAVAILABLE"}\n',
    ],
    ['a process', { pid: 12, msg: 'Tarantool is ready' }, '[09:05:07] INFO: Tarantool is ready (process 12)\n'],
    [
      'a name',
      { level: 40, name: 'SVODKA_PROT', msg: 'this setting is not known' },
      '[09:05:07] WARN: this setting is not known SVODKA_PROT\n',
    ],
  ];
  for (const [why, members, expected] of cases) {
    it(why, () => assert.equal(line(members), expected));
  }

  it('an error has its stack below it', () => {
    const err = { type: 'TypeError', message: 'no', stack: 'TypeError: no\n    at f (file.js:1:2)' };
    assert.match(
      line({ level: 50, err, msg: 'request failed' }),
      /ERROR: request failed *\n.*at f \(file\.js:1:2\)\n/s,
    );
  });

  it('cannot steer a terminal: control characters and marks that turn text are shown as escapes', () => {
    const harmful = '\u001b[2J\u009b31m\u007f\u202e\u2028\r\b';
    const shown = line({
      msg: harmful,
      path: harmful,
      method: 'GET',
      status: 200,
      detail: harmful,
      err: { type: 'Error', message: harmful, stack: harmful },
    });
    assert.doesNotMatch(shown, /[\p{Cf}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u);
    assert.match(shown, /INFO: \\u001b\[2J\\u\{9b\}31m\\u\{7f\}/);
  });

  it('a backslash is a backslash', () => {
    assert.equal(line({ msg: 'C:\\u001b \\n "x"' }), '[09:05:07] INFO: C:\\u001b \\n "x"\n');
  });
});
