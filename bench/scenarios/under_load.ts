import { quantile, type Result, repeatUntil, round, type Scenario } from '../measure.js';
import { startProbedService } from '../probed_service.js';
import { post } from '../processes.js';
import { everydayBody } from '../samples.js';

const IMPORTERS = 2;
const SECONDS = 10;

/** The latency of other requests while two clients import continuously. */
async function underImports(): Promise<Result[]> {
  const service = await startProbedService();
  const body = everydayBody();
  const importId = await post(service.url, Buffer.from(JSON.stringify({ citizens: [] })));
  const small = () => fetch(`${service.url}/imports/${importId}/citizens`).then((response) => response.text());
  for (let i = 0; i < 5; i++) await post(service.url, body);

  await service.stalls();
  await service.loopDelay();
  const until = performance.now() + SECONDS * 1000;
  const importing = Array.from({ length: IMPORTERS }, () => repeatUntil(until, () => post(service.url, body), 0));
  const reading = repeatUntil(until, small, 2);
  const imports = (await Promise.all(importing)).flat().length;
  const reads = await reading;
  const stalls = await service.stalls();
  const loop = await service.loopDelay();
  await service.stop();

  const while2 = `while ${IMPORTERS} clients import without pause`;
  const figures = `${imports} imports in ${SECONDS} s`;
  return [
    {
      name: 'under-imports',
      what: `p99 of a small GET ${while2}`,
      target: { atMost: 30 },
      value: quantile(reads, 0.99),
      unit: 'ms',
      figures: `${figures}, ${reads.length} GETs, median ${round(quantile(reads, 0.5))} ms`,
    },
    {
      name: 'under-imports',
      what: `p99 of the event loop's delay ${while2}`,
      target: { atMost: 20 },
      value: loop.p99Ms,
      unit: 'ms',
      figures: `longest ${round(loop.maxMs)} ms`,
    },
    {
      name: 'under-imports',
      what: `longest wait for the TX thread ${while2}`,
      target: { atMost: 15 },
      value: stalls.longestMs,
      unit: 'ms',
      figures: `${stalls.count} waits, p99 ${round(stalls.p99Ms)} ms, seen by a fiber in Tarantool`,
    },
  ];
}

export const underLoadScenarios: Scenario[] = [{ name: 'under-imports', run: underImports }];
