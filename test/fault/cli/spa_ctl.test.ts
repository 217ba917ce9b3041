import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeFolder } from '../../support/folder.js';
import { freePort } from '../../support/ports.js';
import { runToEnd } from '../../support/programs.js';
import { hasPty } from '../../support/pty.js';
import { type RunningService, startService } from '../../support/service.js';
import { addExecutable, createSpaCtl, SPA_CTL } from '../../support/spa_ctl.js';
import { until } from '../../support/until.js';
import { readAdminToken } from '../../support/users.js';

function treeOf(name: string, file: string): string {
  const tasks = ['one', 'two'].map((task) => ({ name: task, exec: 'await', function: 'until', params: [file] }));
  return JSON.stringify({ context: { project: { name, workflows: [{ name: 'wf1', tasks }] } } });
}

describe('spa_ctl, when the service is killed and started again', () => {
  const flags = makeFolder();
  const bin = makeFolder();
  let env: Record<string, string>;
  let service: RunningService;
  before(async () => {
    addExecutable(bin);
    env = { SVODKA_PORT: String(await freePort()), SVODKA_EXECUTORS: '1', SVODKA_WORKFLOW_BIN: bin };
    service = await startService({ env });
  });
  after(async () => {
    await service.stop();
  });
  const access = () => ({ SVODKA_URL: service.url, SVODKA_TOKEN: readAdminToken(service.dataDir) });
  const spaCtl = createSpaCtl(access);

  it('goes on following a run and its log to their end', async () => {
    const file = join(flags, 'end');
    const created = await spaCtl.run(['create', '-j', treeOf('pr1', file)]);
    assert.equal(created.code, 0, created.stderr);
    const waiting = spaCtl.start(['run', '-w', 'wf1', '--wait']);
    await waiting.complained(/^one running$/m);
    const watching = spaCtl.start(['status', '-w', 'wf1', '--watch']);
    const following = spaCtl.start(['logs', '-w', 'wf1', '-t', 'one', '-f']);
    await Promise.all([watching.printed(/wf1: running for/), following.printed(/^begun\n/)]);
    await service.kill();
    await Promise.all([waiting, watching, following].map((each) => each.complained(/Trying again \(1 of \d+\)\.$/m)));
    service = await startService({ env, dataDir: service.dataDir });
    writeFileSync(file, '');
    const ended = await Promise.all([waiting.ended, watching.ended, following.ended]);
    for (const { code, stderr } of ended) assert.equal(code, 0, stderr);
    const [run, watched, log] = ended.map(({ stdout }) => stdout) as [string, string, string];
    assert.match(run, /^pr1\/wf1: success after /);
    assert.match(watched, /^pr1\/wf1: success after /m);
    assert.match(log, /done\n$/);
  });

  it('ends with 3 while the database does not answer', async () => {
    process.kill(service.tarantoolPid(), 'SIGSTOP');
    const { code, stdout, stderr } = await spaCtl.run(['list']);
    process.kill(service.tarantoolPid(), 'SIGCONT');
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(stderr, /^The service cannot answer now: .* \([A-Z_]+\)\n$/);
    await until('it answers again', async () => (await spaCtl.run(['list'])).code === 0);
  });

  it('ends when nobody reads what it follows', async () => {
    await spaCtl.run(['create', '-j', treeOf('pr2', join(flags, 'never'))]);
    await spaCtl.run(['run', '-w', 'wf1']);
    const following = spaCtl.start(['logs', '-w', 'wf1', '-t', 'one', '-f']);
    await following.printed(/^begun\n/);
    const watching = spaCtl.start(['status', '-w', 'wf1', '--watch', '--json']);
    await watching.printed(/running/);
    for (const { child } of [following, watching]) child.stdout?.destroy();
    // Something to print: the status of the task that is stopped.
    const stopped = await spaCtl.run(['stop', '-w', 'wf1', '--wait']);
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.deepEqual([(await watching.ended).code, (await watching.ended).stderr], [0, '']);
    assert.equal((await following.ended).code, 0);
  });

  it('shows a bar while it waits on a terminal, and takes it away', { skip: !hasPty && 'needs script' }, async () => {
    const file = join(flags, 'bar');
    writeFileSync(file, '');
    await spaCtl.run(['create', '-j', treeOf('pr3', file)]);
    const command = `'${process.execPath}' '${SPA_CTL}' run -w wf1 --wait`;
    const { output } = await runToEnd('script', ['-qec', command, '/dev/null'], {
      ...process.env,
      ...access(),
      XDG_CONFIG_HOME: spaCtl.configHome,
    });
    assert.match(output, /\[[=-]{24}\] \d of 2 tasks/);
    const afterBar = output.slice(output.lastIndexOf('\u001b[?7h') + '\u001b[?7h'.length);
    assert.match(afterBar, /^(?!.* of 2 tasks).*pr3\/wf1: success after .*\r\n$/s);
  });
});
