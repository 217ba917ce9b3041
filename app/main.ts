import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog } from './log/log.js';
import { runAlone } from './start/alone.js';
import { markLate } from './start/heap.js';
import type { OrderedStop } from './start/ordered_stop.js';
import { wingsOf } from './start/service.js';
import { type Config, readConfigOrGiveUp } from './start/settings.js';
import { runSupervisor } from './start/webs/supervisor.js';
import { runWeb } from './start/webs/web.js';

/** What the service and its Tarantool make is for their user alone. */
const UMASK = 0o077;

/** Says where the service is, and shows it at work if it was asked to. */
async function welcome(config: Config, port: number, { isStopping, stopAfter }: OrderedStop): Promise<void> {
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  process.stdout.write(`\nSvodka listens at ${url} (the API: ${url}/docs). Try:\n  curl ${url}/health/ready\n\n`);
  if (!process.argv.includes('--demo')) return;
  try {
    for (const wing of wingsOf(config)) await wing.demo?.(url);
  } catch (reason) {
    // Ctrl-C cuts its requests off: no error, and the ordered stop is under way.
    if (!isStopping()) stopAfter(reason);
  }
}

async function main(): Promise<void> {
  process.umask(UMASK);
  markLate();
  const config = readConfigOrGiveUp();
  // A reader that is gone, or a disk that is full, is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const log = await createLog({
    level: config.logLevel,
    format: config.logFormat,
    onUnwritable: ({ code }) => process.stderr.write(`The log cannot be written: ${code}.\n`),
  });
  const { version } = JSON.parse(readFileSync(join(config.projectDir, 'package.json'), 'utf8'));
  // A supervisor talks to its web processes by a channel.
  if (process.connected && process.argv.includes('--web')) return runWeb(config, log, version);
  for (const name of config.unknownNames) log.warn({ name }, 'this setting is not known');
  const onReady = (port: number, orderedStop: OrderedStop) => welcome(config, port, orderedStop);
  if (config.webProcesses === 1) return runAlone({ config, log, version, onReady });
  return runSupervisor({ config, log, program: fileURLToPath(import.meta.url), onReady });
}

await main();
