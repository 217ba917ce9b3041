import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startPair } from '../../support/db/external.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { openEvents } from '../../support/http/events.js';
import { rpcCaller } from '../../support/http/rpc.js';
import { readMetrics } from '../../support/metrics.js';
import { startService } from '../../support/service.js';
import { until } from '../../support/until.js';
import { callerWith, readAdminToken } from '../../support/users.js';
import { useWork } from '../../support/work/work_suite.js';

type Row = {
  alarm_id: number;
  source: string;
  kind: string;
  state: string;
  count: number;
  value: number | null;
  text: string | null;
  opened_at: number;
  last_at: number;
  closed_at: number | null;
  acked_by: string | null;
  acked_at: number | null;
  note: string | null;
};
type Answer = { alarm_id: number; state: string };

describe('alarms by JSON-RPC', () => {
  const work = useWork();
  const call = <Result>(method: string, params: object) => work.operator.rpc.call<Result>(`alarm.${method}`, params);
  const signal = (params: object) => call<Answer>('signal', params);

  it('are opened by a signal, count others, and are listed', async () => {
    const before = Date.now() / 1_000;
    const first = await signal({ source: 'disk', kind: 'full', value: 91.5, text: 'nearly' });
    assert.equal(first.state, 'open');
    assert.deepEqual(await signal({ source: 'disk', kind: 'full', value: 97 }), first);
    const other = await signal({ source: 'disk', kind: 'slow' });
    assert.notEqual(other.alarm_id, first.alarm_id);
    const rows = await call<Row[]>('list', { source: 'disk' });
    assert.deepEqual(
      rows.map(({ alarm_id: id }) => id),
      [other.alarm_id, first.alarm_id],
    );
    const row = rows[1] as Row;
    assert.ok(row.opened_at >= before - 1 && row.last_at >= row.opened_at);
    assert.deepEqual(row, {
      ...first,
      ...{ source: 'disk', kind: 'full', count: 2, value: 97, text: 'nearly' },
      ...{ opened_at: row.opened_at, last_at: row.last_at, closed_at: null },
      ...{ acked_by: null, acked_at: null, note: null },
    });
    assert.deepEqual(await call('list', { state: 'closed' }), []);
    assert.equal((await call<Row[]>('list', { since: row.last_at + 1_000 })).length, 0);
    assert.equal((await call<Row[]>('list', { limit: 1 })).length, 1);
  });

  it('are acknowledged, with who, when and a note', async () => {
    const { alarm_id } = await signal({ source: 'ack', kind: 'k' });
    const row = await call<Row>('ack', { alarm_id, note: 'on it' });
    assert.deepEqual([row.acked_by, row.note, row.state], ['burns', 'on it', 'open']);
    assert.ok((row.acked_at as number) > row.opened_at - 1);
    const history = await call<{ what: string; by: string; note: string | null }[]>('history', { alarm_id });
    assert.deepEqual(
      history.map(({ what, by, note }) => [what, by, note]),
      [
        ['opened', 'burns', null],
        ['acked', 'burns', 'on it'],
      ],
    );
    assert.deepEqual(await call<Row>('ack', { alarm_id }), row, 'without a note the first one stays');
    assert.equal((await call<unknown[]>('history', { alarm_id })).length, 2);
    const later = await call<Row>('ack', { alarm_id, note: 'mended' });
    assert.deepEqual([later.note, (later.acked_at as number) > (row.acked_at as number)], ['mended', true]);
    assert.equal((await call<unknown[]>('history', { alarm_id })).length, 3);
    for (const method of ['alarm.ack', 'alarm.history']) {
      const { code, data } = await work.operator.rpc.refusal(method, { alarm_id: 999_999_999 });
      assert.deepEqual([code, data?.code], [-32004, 'ALARM_NOT_FOUND']);
    }
  });

  it('are refused with a pointer to each fault', async () => {
    const long = 'x'.repeat(129);
    const faults: [object, string[]][] = [
      [{}, ['/source', '/kind']],
      [{ source: '', kind: long }, ['/source', '/kind']],
      [{ source: 's', kind: 'k', text: 'x'.repeat(4_097) }, ['/text']],
      [{ source: 's', kind: 'k', value: '1', at: -1, more: 1 }, ['/value', '/at', '/more']],
      [{ source: '\ud800', kind: 'k' }, ['/source']],
    ];
    for (const [params, pointers] of faults) {
      const { code, data } = await work.operator.rpc.refusal('alarm.signal', params);
      assert.equal(code, -32602);
      assert.deepEqual(data?.errors?.map(({ pointer }) => pointer).sort(), pointers.sort(), JSON.stringify(params));
    }
    assert.equal((await work.gomer.rpc.refusal('alarm.signal', { source: 's', kind: 'k' })).code, -32001);
    assert.equal((await work.gomer.rpc.refusal('alarm.list', {})).code, -32001);
  });

  it('cost one row for a thousand signals, and fewer writes than signals', async () => {
    const before = await readMetrics(work.url);
    const writesOf = (metrics: typeof before) =>
      metrics.value('svodka_tarantool_operations_total', { operation: 'replace' }) ?? 0;
    const rowsOf = (metrics: typeof before) => metrics.value('svodka_tarantool_space_rows', { space: 'alarms' }) ?? 0;
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => signal({ source: 'many', kind: 'k', value: i })),
    );
    assert.equal(new Set(answers.map(({ alarm_id: id }) => id)).size, 1);
    const [row, ...others] = await call<Row[]>('list', { source: 'many' });
    assert.deepEqual([row?.count, row?.value, others.length], [1_000, 999, 0]);
    const after = await readMetrics(work.url);
    assert.equal(rowsOf(after) - rowsOf(before), 1);
    const writes = writesOf(after) - writesOf(before);
    assert.ok(writes >= 2 && writes < 1_000, `${writes} writes`);
  });

  it('are told as events: the open ones first, then each change, also to those who come back', async () => {
    const { alarm_id: oldId } = await signal({ source: 'events', kind: 'old' });
    const headers = { Authorization: `Token ${work.operator.token}` };
    const events = await openEvents(`${work.url}/alarms/events`, headers);
    const told = (id: number, fits: (row: Row) => boolean) =>
      until('it is told', () => {
        const all = events.events.filter(({ event, data }) => event === 'alarm' && data['alarm_id'] === id);
        return all.find(({ data }) => fits(data as Row));
      });
    await told(oldId, ({ state }) => state === 'open');
    const { alarm_id: newId } = await signal({ source: 'events', kind: 'new' });
    await told(newId, ({ count }) => count === 1);
    await Promise.all(Array.from({ length: 100 }, () => signal({ source: 'events', kind: 'new' })));
    const last = await told(newId, ({ count }) => count === 101);
    assert.ok(events.events.length < 100, `${events.events.length} events`);
    events.close();
    await call('ack', { alarm_id: oldId });
    const again = await openEvents(`${work.url}/alarms/events`, { ...headers, 'Last-Event-ID': last.id as string });
    const first = await again.next('alarm');
    assert.deepEqual([first.data['alarm_id'], first.data['acked_by']], [oldId, 'burns']);
    await signal({ source: 'events', kind: 'third' });
    await until('the next one is told', () => again.events.some(({ data }) => data['kind'] === 'third'));
    assert.equal(again.events.length, 2);
    again.close();
    const refused = await fetch(`${work.url}/alarms/events`, {
      headers: { Authorization: `Token ${work.gomer.token}` },
    });
    assert.equal(refused.status, 403);
    await refused.body?.cancel();
  });
});

describe('alarms of a service', () => {
  it('close after SVODKA_ALARM_QUIET, are counted in the metrics, and have a line in the log for each change', async () => {
    const service = await startService({ env: { SVODKA_ALARM_QUIET: '1' } });
    try {
      const token = readAdminToken(service.dataDir);
      const rpc = rpcCaller(service.url, token);
      const headers = { Authorization: `Token ${token}` };
      const events = await openEvents(`${service.url}/alarms/events`, headers);
      const { alarm_id: id } = await rpc.call<Answer>('alarm.signal', { source: 'door', kind: 'ajar' });
      const openCount = async () => (await readMetrics(service.url)).value('svodka_alarms_open');
      await rpc.call('alarm.ack', { alarm_id: id });
      const closed = await until('it is told that it closed', () =>
        events.events.find(({ data }) => data['alarm_id'] === id && data['state'] === 'closed'),
      );
      assert.equal(closed.data['closed_at'], (closed.data['last_at'] as number) + 1);
      assert.equal(await openCount(), 0);
      const [row] = await rpc.call<Row[]>('alarm.list', { state: 'closed' });
      assert.equal(row?.alarm_id, id);
      await rpc.call('alarm.signal', { source: 'door', kind: 'ajar' });
      for (const what of [`alarm ${id} opened: ajar of door`, `alarm ${id} acked`, `alarm ${id} closed`]) {
        await service.said(new RegExp(what));
      }
      events.close();
      assert.equal((await callerWith(service.url, token).get('/alarms/events/')).status, 404);
    } finally {
      await service.stop();
    }
  });

  it('that were acknowledged survive kill -9 of the database', async () => {
    const pair = await startPair();
    try {
      const rpc = rpcCaller(pair.service.url, readAdminToken(pair.service.dataDir));
      const at = Date.now() / 1_000;
      let count = 0;
      let isKilled = false;
      const sending = Array.from({ length: 8 }, async (_, sender) => {
        for (let i = 0; !isKilled; i++) {
          try {
            await rpc.call('alarm.signal', { source: 's', kind: 'k', at: at + sender / 10 + i / 100_000 });
            count++;
          } catch {
            return;
          }
        }
      });
      await until('many are stored', () => count > 200);
      isKilled = true;
      await pair.tarantool.end('SIGKILL');
      await Promise.all(sending);
      pair.tarantool = await startTarantool({ dataDir: pair.tarantool.dataDir });
      const [row] = await until('it is back', () => rpc.call<Row[]>('alarm.list', {}).catch(() => undefined));
      assert.ok((row?.count ?? 0) >= count, `${row?.count} of ${count}`);
    } finally {
      await pair.stop();
    }
  });
});
