// `npm run bench`: measures the service against yardsticks measured in the same run, prints a table, writes
// bench/results.json and docs/bench.svg. `--only NAME,NAME` runs some scenarios and writes nothing. `--peer NAME` compares
// with the same handlers on another database instead (postgres, sqlite, duckdb, redis), `--peer queues` with BullMQ and
// graphile-worker; they write nothing either. A scenario that fails does not stop the others.

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { projectDir } from '../test/support/folder.js';
import { drawResults } from './draw.js';
import { isMet, type Result, round, type Scenario } from './measure.js';
import { PEERS, type PeerName } from './processes.js';
import { analyticsScenarios } from './scenarios/analytics.js';
import { idleScenarios } from './scenarios/idle.js';
import { importScenarios } from './scenarios/import.js';
import { peerScenarios } from './scenarios/peer.js';
import { photoScenarios } from './scenarios/photos.js';
import { queueScenarios } from './scenarios/queues.js';
import { readAndChangeScenarios } from './scenarios/read_and_change.js';
import { streamScenarios } from './scenarios/stream.js';
import { taskScenarios } from './scenarios/tasks.js';
import { underLoadScenarios } from './scenarios/under_load.js';
import { voteScenarios } from './scenarios/votes.js';
import { watchScenarios } from './scenarios/watch.js';
import { workflowScenarios } from './scenarios/workflows.js';

const { values } = parseArgs({ options: { only: { type: 'string' }, peer: { type: 'string' } } });
const peers = Object.keys(PEERS) as PeerName[];
const ALL: Readonly<Record<string, readonly Scenario[]>> = {
  ...Object.fromEntries(peers.map((peer) => [peer, peerScenarios(peer)])),
  queues: queueScenarios,
  none: [
    ...importScenarios,
    ...streamScenarios,
    ...readAndChangeScenarios,
    ...underLoadScenarios,
    ...analyticsScenarios,
    ...watchScenarios,
    ...idleScenarios,
    ...taskScenarios,
    ...workflowScenarios,
    ...photoScenarios,
    ...voteScenarios,
  ],
};
const scenarios = ALL[values.peer ?? 'none'];
if (scenarios === undefined) {
  process.stderr.write(`There is no peer ${values.peer}; there are ${peers.join(', ')} and queues.\n`);
  process.exit(2);
}

function describeTarget({ target, unit }: Result): string {
  if (target === undefined) return '';
  const suffix = unit === 'ratio' ? '' : ` ${unit}`;
  return 'atMost' in target ? `<= ${target.atMost}${suffix}` : `>= ${target.atLeast}${suffix}`;
}

function print(results: readonly Result[]): void {
  const table = new Table({ head: ['what', 'target', 'seen', '', 'figures'], style: { head: [], border: [] } });
  for (const result of results) {
    const met = isMet(result);
    table.push([
      result.what,
      describeTarget(result),
      `${round(result.value)}${result.unit === 'ratio' ? '' : ` ${result.unit}`}`,
      met === undefined ? '' : met ? 'met' : 'missed',
      result.figures,
    ]);
  }
  process.stdout.write(`${table}\n`);
}

const only = values.only?.split(',');
const chosen = scenarios.filter(({ name }) => only === undefined || only.includes(name));
if (chosen.length < (only?.length ?? 1)) {
  process.stderr.write(
    `There is no such scenario in ${values.only}; there are ${scenarios.map(({ name }) => name).join(', ')}.\n`,
  );
  process.exit(2);
}
// By default Ctrl-C would skip the `exit` handlers, which end the servers and remove their folders.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const results: Result[] = [];
const failed: string[] = [];
for (const { name, run } of chosen) {
  process.stdout.write(`${name} ...\n`);
  try {
    const found = await run();
    print(found);
    results.push(...found);
  } catch (error) {
    failed.push(name);
    process.stderr.write(`${name} failed: ${error instanceof Error ? error.stack : error}\n`);
  }
}
if (chosen.length > 1) print(results);
if (failed.length > 0) {
  process.stderr.write(`failed: ${failed.join(', ')}; nothing was written\n`);
  process.exitCode = 1;
} else if (only === undefined && values.peer === undefined) {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
  writeFileSync(join(projectDir, 'bench', 'results.json'), `${JSON.stringify({ machine, results }, null, 2)}\n`);
  writeFileSync(join(projectDir, 'docs', 'bench.svg'), drawResults(results, machine));
}
