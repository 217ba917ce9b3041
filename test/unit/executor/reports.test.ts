import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createReports } from '../../../app/executor/engine/reports.js';
import type { ReportTuple } from '../../../app/work/jobs/procedures.js';
import { until } from '../../support/until.js';

type Call = { at: number; reports: readonly ReportTuple[] };

function setUp(answer: (reports: readonly ReportTuple[]) => number[] = () => []) {
  const calls: Call[] = [];
  const lost: number[] = [];
  const faults: unknown[] = [];
  const { open } = createReports(
    {
      async report(reports) {
        calls.push({ at: performance.now(), reports });
        return answer(reports);
      },
    },
    (leases) => lost.push(...leases.map(({ id }) => id)),
    (reason) => faults.push(reason),
  );
  return { open, calls, lost, faults };
}

const job = (id: number, logEnd = 0) => ({ id, lease: 1, logEnd });

describe('progress and log on their way to the database', () => {
  it('are at most five writes a second, however many tasks report how often, and the last progress is told', async () => {
    const { open, calls } = setUp();
    const reports = [1, 2, 3, 4].map((id) => open(job(id)));
    const startedAt = performance.now();
    let count = 0;
    while (performance.now() - startedAt < 1_500) {
      for (const report of reports) {
        report.setProgress({ fraction: 0.5, text: String(++count) });
        report.addOutput(Buffer.from('a line\n'), 0);
      }
      await sleep(1);
    }
    const written = calls.length;
    assert.ok(written >= 2, String(written));
    for (const [i, { at }] of calls.entries()) if (i > 0) assert.ok(at - (calls[i - 1] as Call).at >= 195, `call ${i}`);
    const left = await Promise.all(reports.map((report) => report.finish()));
    for (const [i, progress] of left.entries()) {
      const last = calls.flatMap(({ reports: tuples }) => tuples.filter(([id]) => id === i + 1)).at(-1);
      assert.equal(progress?.text ?? JSON.parse(last?.[2] ?? 'null')?.text, String(count - 3 + i));
    }
    assert.ok(count > 4 * written, 'there was more to tell than was written');
  });

  it('are sent at once when a task ends, whose outcome waits for its log', async () => {
    const { open, calls } = setUp();
    const report = open(job(1, 100));
    report.addOutput(Buffer.from('one'), 0);
    await until('the first is sent', () => calls.length === 1);
    report.addOutput(Buffer.from('two'), 1);
    assert.equal(await report.finish(), undefined);
    assert.deepEqual(
      calls.map(({ reports: [tuple] }) => [tuple?.[3], tuple?.[4]]),
      [
        [100, 'one'],
        [103, 'two'],
      ],
    );
  });

  it('are sent again when the database did not answer', async () => {
    let isAway = true;
    const { open, calls, faults } = setUp(() => {
      if (!isAway) return [];
      isAway = false;
      throw new Error('away');
    });
    const report = open(job(1));
    report.addOutput(Buffer.from('text'), 0);
    await report.finish();
    assert.equal(faults.length, 1);
    assert.deepEqual(calls[1]?.reports, calls[0]?.reports);
  });

  it('end with the lease of a task, and nobody waits for them then', async () => {
    const { open, lost } = setUp((reports) => reports.map(([id]) => id));
    const report = open(job(7));
    report.addOutput(Buffer.from('text'), 0);
    await until('the lease is lost', () => lost.includes(7));
    report.addOutput(Buffer.from('more'), 0);
    report.drop();
    await report.finish();
  });
});
