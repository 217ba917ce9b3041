// The interpreter of JavaScript tasks: a process of its own that the executor starts (children/). It runs one task after
// the other, those of one user, and is ended as soon as a task left anything behind.

import { readFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { createJsonLines } from '../children/json_lines.js';
import { rememberCleanSlate } from './clean_slate.js';
import { TASK_QUERY } from './import_hooks.js';
import type { InterpreterMessage, RunMessage } from './messages.js';
import { mayImportOwn } from './own_imports.js';

/** The descriptor for messages: what a script prints never comes here. */
const MESSAGES_FD = 3;
const MAX_RESULT_BYTES = 1024 * 1024;
const MAX_ERROR_CHARACTERS = 16 * 1024;
/** A heap that has grown so far is not worth keeping. */
const MAX_REUSED_RSS_BYTES = 256 * 1024 * 1024;

type Message = InterpreterMessage extends infer Each
  ? Each extends { token: string }
    ? Omit<Each, 'token'>
    : never
  : never;
type TaskFunction = (this: { task: object }, ...args: unknown[]) => unknown;

const moduleCache = createRequire(import.meta.url).cache;
let hasHooks = false;

let abort = new AbortController();
/** Whether the script has asked for the sign of cancellation, and so may heed it. */
let isSignalKnown = false;
let fail: (reason: unknown) => void = () => {};

function describe(reason: unknown): string {
  const text =
    reason instanceof Error ? (reason.stack ?? String(reason)) : `${inspect(reason, { depth: 2 })} was thrown`;
  return text.replaceAll(/\?svodka-task=\w+/g, '').slice(0, MAX_ERROR_CHARACTERS);
}

/** @throws Error for what is not JSON or too long; `undefined` counts as null */
function toResult(value: unknown): unknown {
  const text = value === undefined ? 'null' : JSON.stringify(value);
  if (text === undefined) throw new Error('The function returned what is not JSON.');
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_RESULT_BYTES) throw new Error(`The result has ${bytes} bytes as JSON; 1 MiB is the most.`);
  return JSON.parse(text);
}

function createTask(message: RunMessage, send: (message: Message) => void): object {
  const { signal } = abort;
  return {
    ...message.task,
    progress(fraction: unknown, text: unknown = '') {
      const value = Number(fraction);
      if (!Number.isFinite(value)) throw new TypeError('progress(fraction, text): the fraction must be a number.');
      send({ type: 'progress', fraction: Math.min(1, Math.max(0, value)), text: String(text) });
    },
    attach(path: unknown, contentType: unknown = 'application/octet-stream') {
      send({ type: 'attach', path: String(path), contentType: String(contentType) });
    },
    get signal() {
      isSignalKnown = true;
      return signal;
    },
  };
}

/**
 * The hooks run in a thread of their own, which every import asks: half of what an empty task costs. They begin with the
 * first script that needs them.
 */
function prepareImports(file: string): void {
  if (hasHooks || !mayImportOwn(readFileSync(file, 'utf8'))) return;
  register('./import_hooks.js', import.meta.url);
  hasHooks = true;
}

async function call(message: RunMessage, send: (message: Message) => void): Promise<unknown> {
  process.chdir(message.workDir);
  prepareImports(message.file);
  const module = await import(`${pathToFileURL(message.file).href}${TASK_QUERY}${message.token}`);
  const found = module[message.functionName] ?? module.default?.[message.functionName];
  if (typeof found !== 'function') throw new Error(`${message.functionName} is not a function of ${message.file}.`);
  const args = Array.isArray(message.args) ? message.args : [message.args];
  send({ type: 'started' });
  return toResult(await (found as TaskFunction).apply({ task: createTask(message, send) }, args));
}

async function run(message: RunMessage, send: (message: Message) => void): Promise<void> {
  abort = new AbortController();
  isSignalKnown = false;
  // A throw in a timer, or a promise that nobody awaits, ends the task as a throw of its own would.
  const stray = new Promise<never>((_, reject) => {
    fail = reject;
  });
  let outcome: Message;
  try {
    outcome = { type: 'result', result: await Promise.race([call(message, send), stray]), isReusable: true };
  } catch (reason) {
    outcome = { type: 'error', text: describe(reason), isReusable: false };
  }
  fail = () => {};
  for (const name of Object.keys(moduleCache)) delete moduleCache[name];
  process.stdout.write(message.mark);
  process.stderr.write(message.mark);
  const isReusable =
    outcome.type === 'result' && isClean() && process.memoryUsage.rss() < MAX_REUSED_RSS_BYTES && !abort.signal.aborted;
  send({ ...outcome, isReusable } as Message);
}

// The executor is gone: nobody waits for an answer.
const socket = new Socket({ fd: MESSAGES_FD });
socket.once('close', () => process.exit(0));
socket.once('end', () => process.exit(0));
const lines = createJsonLines(
  socket,
  (message) => {
    const told = message as RunMessage;
    void run(told, (answer) => void lines.send({ ...answer, token: told.token }));
  },
  () => process.exit(1),
);
process.on('uncaughtException', (reason) => fail(reason));
process.on('unhandledRejection', (reason) => fail(reason));
process.on('SIGTERM', () => {
  // A script that has not asked for the sign would only be waited for.
  if (!isSignalKnown) process.exit(143);
  abort.abort(new Error('The task was cancelled.'));
});
// What a script prints waits until the executor has read it, and is not piled up in memory.
for (const stream of [process.stdout, process.stderr]) {
  (stream as unknown as { _handle?: { setBlocking?(isBlocking: boolean): void } })._handle?.setBlocking?.(true);
}
const isClean = rememberCleanSlate();
