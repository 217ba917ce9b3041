import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { makeFolder, projectDir } from '../../support/folder.js';
import { request } from '../../support/http/http.js';
import { processesWith } from '../../support/processes.js';
import { startService } from '../../support/service.js';
import { until } from '../../support/until.js';

/** Cells of the table below the heading, one list per row, without the header row. */
function tableBelow(output: string, heading: string): string[][] {
  const lines = output.slice(output.indexOf(heading)).split('\n');
  const end = lines.findIndex((line) => line.startsWith('└'));
  const rows = lines.slice(0, end).filter((line) => line.startsWith('│'));
  return rows.slice(1).map((row) => {
    const cells = row.split('│').slice(1, -1);
    return cells.map((cell) => cell.trim());
  });
}

describe('npm start', () => {
  it('prints its address and a line to try that works', async () => {
    const service = await startService({ program: 'scripts/start.mjs' });
    const [, line] = /Try:\n {2}curl (\S+)\n/.exec(service.output()) ?? [];
    const answer = await request<{ ready: boolean }>(line as string);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.ready, true);
    const [, docs] = /the API: (\S+)\)/.exec(service.output()) ?? [];
    assert.equal((await request(docs as string)).status, 200);
    assert.equal(await service.stop(), 0);
  });

  it('with --demo prints tables that agree with what the API answers', async () => {
    const service = await startService({ program: 'scripts/start.mjs', args: ['--demo'] });
    const [, importUrl] = await service.said(/The sample stays: (\S+)\/citizens\./);
    const output = service.output();

    type Birthdays = { data: Record<string, { presents: number }[]> };
    const birthdays = await request<Birthdays>(`${importUrl}/citizens/birthdays`);
    assert.deepEqual(
      tableBelow(output, 'Presents by month'),
      Object.entries(birthdays.body.data).map(([month, givers]) => [
        month,
        String(givers.length),
        String(givers.reduce((sum, { presents }) => sum + presents, 0)),
      ]),
    );
    type Towns = { data: Record<'town' | 'p50' | 'p75' | 'p99', string | number>[] };
    const towns = await request<Towns>(`${importUrl}/towns/stat/percentile/age`);
    assert.deepEqual(
      tableBelow(output, 'Ages by town'),
      towns.body.data.map(({ town, p50, p75, p99 }) => [town, p50, p75, p99].map(String)),
    );
    assert.match(output, /GET of all 10000 citizens/);
    assert.equal(output.includes('\x1b'), false, 'no colours where the output is not a terminal');
    assert.equal(await service.stop(), 0);
  });

  it('ends both processes in order on a Ctrl-C typed into its terminal', async () => {
    const dataDir = makeFolder();
    // `script` provides a pseudo-terminal, whose line discipline turns byte 3 into SIGINT for npm and for the service.
    const terminal = spawn('script', ['--quiet', '--return', '--command', 'npm start', '/dev/null'], {
      cwd: projectDir,
      env: { ...process.env, SVODKA_PORT: '0', SVODKA_DATA_DIR: dataDir },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    process.once('exit', () => terminal.kill('SIGKILL'));
    let output = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const ended = once(terminal, 'close');
    await until('the service listens', () => output.includes('listens at'));
    assert.ok(processesWith(dataDir).length >= 2);

    terminal.stdin.write('\x03');
    await ended;
    assert.match(output, /^.*INFO.*stopping/m);
    assert.match(output, /^.*INFO.*stopped/m);
    assert.doesNotMatch(output, /"msg":/);
    assert.doesNotMatch(output, /Stopped at once|Tarantool died/);
    assert.deepEqual(processesWith(dataDir), []);
  });
});
