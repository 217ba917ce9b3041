import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ReadSettings, SettingsOf } from '../config.js';
import { runInvariant } from '../faults.js';
import { keptPassword } from './passwords.js';
import type { DB_SETTINGS } from './settings.js';

/** sun_path holds 108 bytes including the terminating zero; the rest is a safety margin. */
const MAX_SOCKET_PATH_BYTES = 100;
/** In the data folder: where the socket is when the folder's own path is too long. */
const SOCKET_LINK = 'tarantool.sock.link';
/** How long the Tarantool of a killed predecessor may take to notice and leave the data folder. */
/** How long the Tarantool of a killed predecessor may take to notice and release the data folder. */
const LOCK_PATIENCE_MS = 5_000;
const LOCK_RETRY_MS = 100;
const STOP_PATIENCE_MS = 20_000;
const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 5_000;
/** Loading a large snapshot takes minutes; progress is logged at this interval. */
const STILL_STARTING_MS = 10_000;

export type Embedded = {
  address: { path: string };
  password: string;
  /** Of the user by whom executors connect. */
  executorPassword: string;
  /** Starts it and waits until it serves. @throws StartError */
  /**
   * Starts Tarantool and waits until it accepts calls.
   * @throws StartError
   */
  start(): Promise<void>;
  /** Sends SIGTERM, and SIGKILL after 20 s. */
  stop(): Promise<void>;
  /** Whether stop() was called; a failure of start() or of a restart is then expected. */
  isStopping(): boolean;
};

type Status = 'starting' | 'running' | 'restarting' | 'stopping';

export type EmbeddedSettings = SettingsOf<typeof DB_SETTINGS> &
  Pick<ReadSettings<typeof DB_SETTINGS>, 'childEnvironment' | 'tarantoolSettings'> & {
    /** The folder that holds tarantool/. */
    projectDir: string;
  };

/** Tarantool could not be started; the message is for people. */
/** Tarantool could not be started; the message is meant for people. */
export class StartError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'StartError';
    this.code = code;
  }
}

type Report = { event: string; code?: string; message?: string; details?: object };

function usualSocketPath(dataDir: string): string {
  return join(dataDir, 'tarantool.sock');
}

function isTooLong(path: string): boolean {
  return Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES;
}

/** Where the Tarantool of a service that keeps its data there listens, as far as another program can tell. */
export function findSocket(dataDir: string): string {
  const path = usualSocketPath(dataDir);
  if (!isTooLong(path)) return path;
  try {
    return readlinkSync(join(dataDir, SOCKET_LINK));
  } catch {
    return path;
  }
}

function socketPath(dataDir: string): string {
  const path = usualSocketPath(dataDir);
  if (!isTooLong(path)) return path;
  const folder = mkdtempSync(join(tmpdir(), 'svodka-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const shortPath = join(folder, 'tarantool.sock');
  // An executor that is started by hand knows the data folder alone.
  const link = join(dataDir, SOCKET_LINK);
  rmSync(link, { force: true });
  symlinkSync(shortPath, link);
  return shortPath;
}

/**
 * Creates the folders that Tarantool needs and returns the path of its socket.
 * @throws StartError
 */
function makeFolders(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return socketPath(dataDir);
  } catch (reason) {
    const { code, path } = reason as NodeJS.ErrnoException;
    const isInTheWay = code === 'EEXIST' || code === 'ENOTDIR';
    const why = isInTheWay
      ? `${path} cannot be a folder: a file is in its place`
      : `${path} cannot be created: ${code}`;
    throw new StartError('FOLDER_UNUSABLE', why);
  }
}

const PINO_LEVELS: Readonly<Record<string, 'error' | 'warn' | 'debug'>> = {
  FATAL: 'error',
  SYSERROR: 'error',
  ERROR: 'error',
  WARN: 'warn',
};

function logLine(log: Logger, line: string): void {
  try {
    const { level, message, fiber_name: fiber } = JSON.parse(line);
    // Messages about Tarantool's normal operation (INFO, CRIT at its start) are details here.
    log[PINO_LEVELS[level] ?? 'debug']({ fiber }, '%s', message);
  } catch {
    // LuaJIT and libc panic in plain text.
    if (line.trim() !== '') log.warn('%s', line);
  }
}

/**
 * Runs Tarantool as a supervised child process: restarted with back-off when it dies, stopped in order with the
 * service.
 * @throws StartError when the data folder cannot be created
 */
export function createEmbedded(config: EmbeddedSettings, log: Logger): Embedded {
  const address = { path: makeFolders(config.dataDir) };
  const password = config.tarantoolPassword ?? keptPassword(config.dataDir, 'application');
  const executorPassword = config.executorPassword ?? keptPassword(config.dataDir, 'executor');
  let status: Status = 'starting';
  let child: ChildProcess | undefined;
  let exited: Promise<void> = Promise.resolve();

  function spawnChild(): ChildProcess {
    return spawn(config.tarantoolBin, [join(config.projectDir, 'tarantool', 'app.lua')], {
      cwd: config.dataDir,
      // Its own session: Ctrl-C in the terminal signals the service alone, which stops Tarantool in order.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...config.childEnvironment,
        ...config.tarantoolSettings,
        SVODKA_SUPERVISED: '1',
        SVODKA_TARANTOOL_DIR: config.dataDir,
        SVODKA_TARANTOOL_LISTEN: `unix/:${address.path}`,
        SVODKA_TARANTOOL_USER: config.tarantoolUser,
        SVODKA_TARANTOOL_PASSWORD: password,
        SVODKA_EXECUTOR_USER: config.executorUser,
        SVODKA_EXECUTOR_PASSWORD: executorPassword,
      },
    });
  }

  /** Resolves when the child reports that it is ready; rejects when it reports a failure or exits before that. */
  function launch(): Promise<void> {
    return new Promise((resolve, reject) => {
      const started = spawnChild();
      child = started;
      const patience = setInterval(() => log.info('Tarantool is still loading its data'), STILL_STARTING_MS);
      const fail = (code: string, message: string) => {
        clearInterval(patience);
        reject(new StartError(code, message));
      };
      exited = new Promise((resolveExited) => {
        started.once('exit', (code, signal) => {
          resolveExited();
          fail('DIED', `Tarantool ended while starting (${signal ?? `exit code ${code}`}); its log is above`);
          if (child === started && status === 'running') restartInBackground(signal ?? `exit code ${code}`);
        });
        // `error` is emitted for a signal that could not be sent as well; both calls are then no-ops.
        started.on('error', (reason: NodeJS.ErrnoException) => {
          resolveExited();
          fail('NOT_FOUND', `${config.tarantoolBin} cannot be run: ${reason.code ?? reason.message}`);
        });
      });
      if (started.stdin === null || started.stdout === null || started.stderr === null) return;
      // The streams fail when the child dies; without a listener their errors would be uncaught.
      for (const stream of [started.stdin, started.stdout, started.stderr]) stream.on('error', () => {});
      // readline re-emits the errors of its input stream.
      const linesOf = (input: Readable) => createInterface({ input }).on('error', () => {});
      linesOf(started.stderr).on('line', (line) => logLine(log, line));
      linesOf(started.stdout).on('line', (line) => {
        const report = readReport(line);
        if (report?.event === 'failed') fail(report.code ?? 'FAILED', report.message ?? line);
        if (report?.event === 'ready') {
          clearInterval(patience);
          log.info({ pid: started.pid, ...report.details }, 'Tarantool is ready');
          resolve();
        }
      });
    });
  }

  function restartInBackground(cause: string): void {
    runInvariant('Tarantool is restarted when it dies', () => restart(cause));
  }

  async function restart(cause: string): Promise<void> {
    status = 'restarting';
    log.error({ cause }, 'Tarantool died; restarting it');
    for (
      let backoffMs = FIRST_BACKOFF_MS;
      status === 'restarting';
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)
    ) {
      await sleep(backoffMs);
      if (status !== 'restarting') return;
      try {
        await launch();
        if (status === 'restarting') status = 'running';
      } catch (reason) {
        if (status === 'restarting') log.error({ err: reason }, 'Tarantool could not be restarted');
      }
    }
  }

  return {
    address,
    password,
    executorPassword,
    isStopping: () => status === 'stopping',

    async start() {
      const deadline = performance.now() + LOCK_PATIENCE_MS;
      for (;;) {
        try {
          await launch();
          // If stop() was called during loading, the exit of the child is not a crash.
          if (status === 'starting') status = 'running';
          return;
        } catch (reason) {
          const isInUse = reason instanceof StartError && reason.code === 'DATA_DIR_IN_USE';
          if (!isInUse || performance.now() > deadline || status !== 'starting') throw reason;
          await sleep(LOCK_RETRY_MS);
          if (status !== 'starting') throw reason;
        }
      }
    },

    async stop() {
      status = 'stopping';
      child?.kill('SIGTERM');
      const force = setTimeout(() => child?.kill('SIGKILL'), STOP_PATIENCE_MS);
      await exited;
      clearTimeout(force);
    },
  };
}

function readReport(line: string): Report | undefined {
  try {
    return JSON.parse(line) as Report;
  } catch {
    return undefined;
  }
}
