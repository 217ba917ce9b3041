import { setTimeout as sleep } from 'node:timers/promises';
import { childOf, type ThreadsUse, threadsUse } from '../cpu.js';
import { type Result, round, type Scenario } from '../measure.js';
import { post, startFreshService } from '../processes.js';
import { everydayBody } from '../samples.js';

/** Beyond what follows a start and an import. */
const SETTLE_MS = 10_000;
const SECONDS = 30;

const NAMES = ['service', 'Tarantool'];

/** What the service and its Tarantool do while nobody asks for anything. */
async function idle(): Promise<Result[]> {
  const service = await startFreshService();
  await post(service.url, everydayBody());
  const pids = [service.child.pid as number, childOf(service.child.pid as number)];
  await sleep(SETTLE_MS);
  const before = pids.map(threadsUse);
  await sleep(SECONDS * 1_000);
  const after = pids.map(threadsUse);
  await service.stop();

  const perSecond = (kind: keyof ThreadsUse) =>
    after.map((use, place) => (use[kind] - (before[place] as ThreadsUse)[kind]) / SECONDS);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const figures = (values: readonly number[]) =>
    values.map((value, place) => `${NAMES[place]} ${round(value)}`).join(', ');
  const shares = perSecond('cpuMs').map((ms) => ms / 10);
  const wakeUps = perSecond('wakeUps');
  const what = `of service and Tarantool while idle, ${SECONDS} s`;
  return [
    {
      name: 'idle',
      what: `CPU ${what}, of one core`,
      target: { atMost: 0.3 },
      value: sum(shares),
      unit: '%',
      figures: `${figures(shares)} %`,
    },
    {
      name: 'idle',
      what: `wake-ups a second ${what}`,
      target: { atMost: 60 },
      value: sum(wakeUps),
      unit: 'a second',
      figures: figures(wakeUps),
    },
  ];
}

export const idleScenarios: Scenario[] = [{ name: 'idle', run: idle }];
