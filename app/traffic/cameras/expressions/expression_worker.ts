// A program of its own: evaluates the expressions of camera types. It may end at any time: whoever starts it kills it when an
// expression takes too long or too much memory.

import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isMainThread, Worker } from 'node:worker_threads';
import jsonata from 'jsonata';
import { CASE_MEMBERS, type CaseMember, type Definition } from '../shapes/definition.js';
import type { CaseParts, FromProcess, ToProcess } from './messages.js';

const LOOK_FOR_PARENT_MS = 1_000;
/** Longer texts are cut: they are longer than any value may be. */
const MAX_TEXT_LENGTH = 1_000;
const MAX_MESSAGE_LENGTH = 200;
/** Evaluations before `ready`, after which one takes a tenth of the processor time of the first. */
const WARM_UPS = 30;

type Compiled = Readonly<Record<CaseMember, jsonata.Expression>>;

function compile(expressions: Definition['case']): Compiled {
  return Object.fromEntries(CASE_MEMBERS.map((member) => [member, jsonata(expressions[member])])) as Compiled;
}

/** A value that fits into a line; objects and functions are no value of a case. */
function toSent(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT_LENGTH);
  if (typeof value === 'object' && value !== null) return {};
  return typeof value === 'function' ? {} : value;
}

async function evaluateAll(compiled: Compiled, record: unknown): Promise<CaseParts> {
  const values: CaseParts['values'] = {};
  const faults: CaseParts['faults'] = {};
  for (const member of CASE_MEMBERS) {
    try {
      values[member] = toSent(await compiled[member].evaluate(record));
    } catch (reason) {
      const { message } = reason as { message?: unknown };
      faults[member] = String(message).slice(0, MAX_MESSAGE_LENGTH);
    }
  }
  return { values, faults };
}

/** Written at once, whatever is evaluated next. */
function answer(message: FromProcess): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

async function warmUp(): Promise<void> {
  const text = "$substring(a, 0, 1) & $pad($string(b.c), -2, '0') & (b.d ? b.d : b.e)";
  const compiled = compile(Object.fromEntries(CASE_MEMBERS.map((member) => [member, text])) as Definition['case']);
  for (let i = 0; i < WARM_UPS; i++) await evaluateAll(compiled, { a: '123', b: { c: 7, e: 'x' } });
}

/** An expression without end keeps this thread from noticing that its parent has gone. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, LOOK_FOR_PARENT_MS);
}

async function serve(): Promise<void> {
  const known = new Map<string, Compiled>();
  await warmUp();
  answer({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const message: ToProcess = JSON.parse(line);
    if ('define' in message) {
      known.set(message.define, compile(message.expressions));
      continue;
    }
    const compiled = known.get(message.key);
    if (compiled === undefined) throw new Error(`${message.key} was not defined`);
    answer({ id: message.id, ...(await evaluateAll(compiled, message.record)) });
  }
  process.exit(0);
}

if (isMainThread) {
  new Worker(new URL(import.meta.url), { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 16 } });
  void serve();
} else {
  endWithParent();
}
