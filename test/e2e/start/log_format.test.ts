import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { makeFolder, projectDir } from '../../support/folder.js';
import { request } from '../../support/http/http.js';
import { launchService, startService } from '../../support/service.js';

const PRETTY_START = /^\[\d\d:\d\d:\d\d\] INFO: Tarantool is ready \(process \d+\)/m;
const JSON_START = /^\{"level":30,[^\n]*"msg":"Tarantool is ready"\}$/m;

/** Runs the service on a pseudo-terminal until its output matches the pattern; returns the whole output. */
async function outputOnTerminal(env: Record<string, string>, pattern: RegExp): Promise<string> {
  const terminal = spawn(
    'script',
    ['--quiet', '--return', '--command', `${process.execPath} dist/app/main.js`, '/dev/null'],
    {
      cwd: projectDir,
      env: { ...process.env, SVODKA_PORT: '0', SVODKA_DATA_DIR: makeFolder(), NO_COLOR: '1', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  process.once('exit', () => terminal.kill('SIGKILL'));
  let output = '';
  let isStopping = false;
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text.replaceAll('\r', '');
    if (isStopping || !pattern.test(output)) return;
    isStopping = true;
    terminal.stdin.write('\x03');
  });
  await once(terminal, 'close');
  return output;
}

describe('the log', () => {
  it('is lines for people on a terminal, the last one included', async () => {
    const output = await outputOnTerminal({}, /listens at/);
    assert.match(output, PRETTY_START);
    assert.match(output, /INFO: stopped\n$/);
    assert.doesNotMatch(output, JSON_START);
  });

  it('is JSON on a terminal with SVODKA_LOG_FORMAT=json', async () => {
    const output = await outputOnTerminal({ SVODKA_LOG_FORMAT: 'json' }, /listens at/);
    assert.match(output, JSON_START);
    assert.doesNotMatch(output, PRETTY_START);
  });

  it('is JSON where nobody looks, unless SVODKA_LOG_FORMAT=pretty', async () => {
    const json = await startService();
    assert.match(json.output(), JSON_START);
    assert.equal(await json.stop(), 0);

    const pretty = await startService({ env: { SVODKA_LOG_FORMAT: 'pretty', NO_COLOR: '1' } });
    assert.match(pretty.output(), PRETTY_START);
    assert.equal((await request(`${pretty.url}/health/ready`)).status, 200);
    await pretty.said(/INFO: GET \/health\/ready 200 in [\d.]+ ms\n/);
    assert.equal(await pretty.stop(), 0);
    assert.match(pretty.output(), /INFO: stopped\n$/);
  });

  it('has no third format', async () => {
    const service = launchService({ env: { SVODKA_LOG_FORMAT: 'xml' } });
    assert.equal(await service.exited, 1);
    assert.match(service.output(), /SVODKA_LOG_FORMAT must be one of auto, json, pretty, not "xml"/);
  });
});
