import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Client } from '../../../app/db/client.js';
import { type Alarm, createAlarmsRepository } from '../../../app/work/alarms/repository.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import type { RunningTarantool } from '../../support/db/tarantool.js';
import { JOBS_TEST, startJobsTarantool } from '../../support/jobs.js';
import { runs } from '../../support/random.js';

const QUIET_S = 300;

const anySignal = fc.record({
  source: fc.constantFrom('a', 'b'),
  kind: fc.constantFrom('x', 'y'),
  value: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
  text: fc.option(fc.constantFrom('one', 'two', 'three'), { nil: undefined }),
  /** Seconds before now; few, so that signals come twice. */
  agoS: fc.option(fc.constantFrom(0, 0.5, 1, 10, 100, 299, 300, 301, 1_000, -50), { nil: undefined }),
});

const anyAction = fc.oneof(
  { weight: 5, arbitrary: fc.array(anySignal, { minLength: 1, maxLength: 6 }) },
  { weight: 3, arbitrary: fc.constantFrom(1, 10, 200, 299, 300, 301) },
);

type ModelSignal = {
  source: string;
  kind: string;
  value: number | undefined;
  text: string | undefined;
  at: number | undefined;
};
type ModelAlarm = Pick<Alarm, 'state' | 'count' | 'value' | 'text' | 'openedAt' | 'lastAt' | 'closedAt'>;

/** Alarms of one source and kind, oldest first, and all that was counted, in the plainest way. */
function createModel() {
  const alarms: ModelAlarm[] = [];
  let counted: number[] = [];

  function close(now: number): void {
    const last = alarms.at(-1);
    if (last?.state !== 'open' || now < last.lastAt + QUIET_S) return;
    last.state = 'closed';
    last.closedAt = last.lastAt + QUIET_S;
    counted = [];
  }

  return {
    alarms,
    close,
    signal({ value, text, at: given }: ModelSignal, now: number): { alarm: number; state: string } {
      const at = Math.min(given ?? now, now);
      close(now);
      const last = alarms.at(-1);
      if (last?.closedAt != null && at <= last.closedAt) return { alarm: alarms.length - 1, state: 'closed' };
      if (last?.state !== 'open') {
        const times = { openedAt: at, lastAt: at, closedAt: null };
        alarms.push({ state: 'open', count: 0, value: null, text: null, ...times });
      }
      const alarm = alarms.at(-1) as ModelAlarm;
      const isDouble = given !== undefined && counted.includes(given);
      if (given !== undefined) counted.push(given);
      if (!isDouble) {
        alarm.count++;
        if (value !== undefined) alarm.value = Math.max(alarm.value ?? value, value);
        if (text !== undefined && (alarm.text === null || at >= alarm.lastAt)) alarm.text = text;
        alarm.lastAt = Math.max(alarm.lastAt, at);
      }
      return { alarm: alarms.length - 1, state: alarm.state };
    },
  };
}

describe('alarms, against a list of signals', () => {
  let tarantool: RunningTarantool;
  let db: Client;
  before(async () => {
    tarantool = await startJobsTarantool();
    db = await connectClient({ address: tarantool.address });
  });
  after(async () => {
    await closeClients();
    await tarantool.end('SIGKILL');
  });

  it('open, count and close as the model does, whatever comes late, twice or from the future', async () => {
    const repository = createAlarmsRepository(db);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyAction, { maxLength: 25 }), async (actions) => {
        run++;
        let [now] = await db.call(JOBS_TEST.advance, [10_000]);
        const models = new Map<string, ReturnType<typeof createModel>>();
        const ids = new Map<string, number[]>();
        for (const action of actions) {
          if (typeof action === 'number') {
            [now] = await db.call(JOBS_TEST.advance, [action]);
            for (const model of models.values()) model.close(now);
            continue;
          }
          const signals = action.map(({ source, agoS, ...rest }) => ({
            ...rest,
            source: `${source} ${run}`,
            at: agoS === undefined ? undefined : now - agoS,
            by: 'somebody',
          }));
          const answers = await repository.signal(signals);
          for (const [place, signal] of signals.entries()) {
            const key = `${signal.source}/${signal.kind}`;
            const model = models.get(key) ?? createModel();
            models.set(key, model);
            const expected = model.signal(signal, now);
            const known = ids.get(key) ?? [];
            ids.set(key, known);
            known[expected.alarm] ??= answers[place]?.alarmId as number;
            assert.deepEqual(answers[place], { alarmId: known[expected.alarm], state: expected.state }, key);
          }
        }
        // An alarm that was opened by an old signal is due at once.
        await db.call(JOBS_TEST.advance, [0]);
        for (const model of models.values()) model.close(now);
        for (const source of [`a ${run}`, `b ${run}`]) {
          const stored = await repository.list({ source }, 1_000);
          const expected = [...models]
            .filter(([key]) => key.startsWith(source))
            .flatMap(([key, { alarms }]) => alarms.map((alarm, place) => ({ ...alarm, id: ids.get(key)?.[place] })));
          const byId = <Row extends { id: number | undefined }>(rows: Row[]) =>
            rows.sort((a, b) => Number(a.id) - Number(b.id));
          assert.deepEqual(
            byId(stored).map(({ id, state, count, value, text, openedAt, lastAt, closedAt }) => {
              return { state, count, value, text, openedAt, lastAt, closedAt, id };
            }),
            byId(expected),
          );
        }
      }),
      runs(40),
    );
  });
});
