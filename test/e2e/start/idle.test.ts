import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { citizen } from '../../support/census/citizens.js';
import { postImport } from '../../support/http/http.js';
import { startService } from '../../support/service.js';

const WINDOW_MS = 2_000;
/** More than twice what was seen; a timer of 20 ms alone makes 50. */
const MAX_WAKE_UPS_A_SECOND = 60;
/** V8 and Tarantool finish what a start and an import have left. */
const MAX_WINDOWS = 30;

/** How often threads of the process have been woken so far. */
function wakeUps(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const texts = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'));
  return texts.reduce((sum, text) => sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]), 0);
}

describe('a service without requests', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  it('sleeps, and so does its Tarantool: no timer ticks for nothing', async () => {
    const service = await startService();
    try {
      await postImport(service.url, [citizen(1)]);
      const pids = [service.child.pid as number, service.tarantoolPid()];
      const rates: number[] = [];
      while (rates.length < MAX_WINDOWS && !rates.some((rate) => rate <= MAX_WAKE_UPS_A_SECOND)) {
        const before = pids.map(wakeUps);
        await sleep(WINDOW_MS);
        const woken = pids.map((pid, place) => wakeUps(pid) - (before[place] as number));
        rates.push(woken.reduce((sum, count) => sum + count, 0) / (WINDOW_MS / 1_000));
      }
      assert.ok((rates.at(-1) as number) <= MAX_WAKE_UPS_A_SECOND, `wake-ups a second: ${rates.join(', ')}`);
    } finally {
      assert.equal(await service.stop(), 0);
    }
  });
});
