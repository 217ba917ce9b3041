import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rpcCaller } from '../../../support/http/rpc.js';
import { createSpaCtl } from '../../../support/spa_ctl.js';
import { useService } from '../../../support/suite.js';
import { readAdminToken } from '../../../support/users.js';

describe('spa_ctl alarms', () => {
  const service = useService({ env: { SVODKA_ALARM_QUIET: '86400' } });
  const token = () => readAdminToken(service.dataDir);
  const spaCtl = createSpaCtl(() => ({ SVODKA_URL: service.url, SVODKA_TOKEN: token() }));
  const signal = (params: object) => rpcCaller(service.url, token()).call<{ alarm_id: number }>('alarm.signal', params);

  it('shows alarms as a table, and acknowledges one', async () => {
    assert.equal((await spaCtl.run(['alarms'])).stdout, 'There are no such alarms.\n');
    const { alarm_id: id } = await signal({ source: 'pump', kind: 'pressure', value: 12.5, text: 'too high\u001b[2J' });
    await signal({ source: 'pump', kind: 'pressure', value: 11 });
    await signal({ source: 'valve', kind: 'stuck' });
    const { code, stdout } = await spaCtl.run(['alarms', '--source', 'pump', '--state', 'open']);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`│ ${id} +│ open +│ pump +│ pressure │ 2 +│ 12\\.5 +│ 20\\d\\d-.*│ 20\\d\\d-`));
    assert.match(stdout, /too high\\u001b\[2J|│ {10}/);
    assert.doesNotMatch(stdout, /valve/);
    const acked = await spaCtl.run(['alarms', '--ack', String(id), '--note', 'pump changed']);
    assert.deepEqual([acked.code, acked.stdout], [0, `alarm ${id} (pump, pressure) is acknowledged by admin\n`]);
    assert.match((await spaCtl.run(['alarms'])).stdout, /│ admin, 20\d\d-.*: pump changed │/);
    const [first] = JSON.parse((await spaCtl.run(['alarms', '--source', 'pump', '--json'])).stdout);
    assert.deepEqual([first.alarm_id, first.acked_by, first.note], [id, 'admin', 'pump changed']);
    const none = await spaCtl.run(['alarms', '--ack', '999999']);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^Refused: /);
  });

  it('follows them until Ctrl-C', async () => {
    await signal({ source: 'fan', kind: 'noise', value: 1 });
    const watching = spaCtl.start(['alarms', '--watch', '--source', 'fan']);
    await watching.printed(/^\d\d:\d\d:\d\d alarm \d+ open: fan, noise, 1 signal, value 1\n$/);
    await signal({ source: 'fan', kind: 'noise', value: 3, text: 'louder' });
    await watching.printed(/open: fan, noise, 2 signals, value 3: louder\n$/);
    watching.child.kill('SIGINT');
    const { code, stderr } = await watching.ended;
    assert.deepEqual([code, stderr], [130, 'Stopped.\n']);
  });
});
