// The executor: takes jobs from Tarantool and runs them. `npm run executor`, `svodka executor`, and a child of the service.

import { once } from 'node:events';
import { hostname, tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ConfigError } from '../config.js';
import type { ExecutorAccess } from '../db/connect.js';
import { createLog } from '../log/log.js';
import { onStopSignals } from '../stop_signals.js';
import { createExecutorDatabase } from './engine/database.js';
import { type ExecutorConfig, findDatabase, readExecutorConfig } from './settings.js';
import { startExecutor } from './start.js';

/** Files that the executor creates are accessible to its user only. */
const UMASK = 0o077;
/** Time from a stop signal until the jobs still running are returned to the queue. */
const STOP_GRACE_MS = 6_000;
const EXIT_USAGE = 2;

function giveUp(message: string): never {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}

type Given = { concurrency?: number; supervised?: true };

function parseConcurrency(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 999.');
}

function readArguments(args: readonly string[]): Given {
  const program = new Command('svodka executor')
    .description('Takes tasks from the database of a service and runs them, until it is stopped.')
    .option('--concurrency <n>', 'tasks at once (default: SVODKA_EXECUTOR_CONCURRENCY)', parseConcurrency)
    .option('--supervised', 'the password comes on stdin, whose end is the end of the service')
    .exitOverride();
  try {
    return program.parse(args, { from: 'user' }).opts();
  } catch (reason) {
    if (!(reason instanceof CommanderError)) throw reason;
    process.exit(reason.exitCode === 0 ? 0 : EXIT_USAGE);
  }
}

function readSettings(givenPassword: string | undefined): ExecutorConfig {
  try {
    return readExecutorConfig(givenPassword);
  } catch (reason) {
    if (reason instanceof ConfigError) giveUp(`The executor cannot start with these settings:\n${reason.message}`);
    throw reason;
  }
}

/** Reads the password from the line that the service writes to stdin: scripts could read an environment in /proc. */
async function readPassword(): Promise<string> {
  const [line] = await once(createInterface({ input: process.stdin }), 'line');
  return JSON.parse(line).password;
}

async function findAccess(config: ExecutorConfig): Promise<ExecutorAccess> {
  const found = await findDatabase(config, () =>
    process.stderr.write(`Waiting for a service that keeps its data in ${config.dataDir}.\n`),
  );
  if (found !== undefined) return found;
  return giveUp(
    `No service keeps its data in ${config.dataDir}. Set SVODKA_DATA_DIR to the folder of one, or SVODKA_TARANTOOL_URI.`,
  );
}

async function main(): Promise<void> {
  process.umask(UMASK);
  // With `svodka executor`, the first argument is the name of the command.
  const given = readArguments(process.argv.slice(process.argv[2] === 'executor' ? 3 : 2));
  const config = readSettings(given.supervised ? await readPassword() : undefined);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const log = await createLog({
    level: config.logLevel,
    format: config.logFormat,
    onUnwritable: ({ code }) => process.stderr.write(`The log cannot be written: ${code}.\n`),
  });
  const access = await findAccess(config);
  const name = `${hostname()}:${process.pid}:${Date.now().toString(36)}`.slice(-128);
  const db = createExecutorDatabase({
    ...access,
    onStateChange: (state, reason) => log.info({ state, reason, executor: name }, 'connection to Tarantool'),
  });
  const concurrency = given.concurrency ?? config.executorConcurrency;

  let exitCode = 0;
  let stopping: Promise<void> | undefined;
  const stop = (graceMs: number): Promise<void> => {
    const stopped = executor.stop(graceMs);
    stopping ??= stopped.then(async () => {
      await db.close();
      log.info({ executor: name }, 'the executor has stopped');
      process.exit(exitCode);
    });
    return stopping;
  };
  const stopAfter = (reason: unknown): void => {
    log.fatal({ err: reason, executor: name }, 'the executor stops because of an error');
    exitCode = 1;
    void stop(0);
  };
  const executor = startExecutor({
    name,
    db,
    log,
    concurrency,
    folders: config,
    scriptEnvironment: config.scriptEnvironment,
    tempDir: tmpdir(),
    onGuardLost: stopAfter,
  });

  onStopSignals({
    onFirst() {
      log.info({ executor: name, jobs: executor.runningCount() }, 'stopping');
      void stop(STOP_GRACE_MS);
    },
    onRepeated: () => void stop(0),
  });
  process.on('uncaughtException', stopAfter);
  if (given.supervised) {
    // The service has ended: running jobs are returned at once if the database can still be reached.
    process.stdin.once('close', () => void stop(0));
    process.stdin.resume();
  }
  log.info({ executor: name, pid: process.pid, concurrency }, 'the executor takes tasks');
}

await main();
