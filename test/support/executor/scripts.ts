import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../folder.js';

/** Well-behaved and misbehaving scripts: file -> text. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'plain.mjs': `
    let calls = 0;
    export function add({ a, b }) { calls++; console.log('adding', a, b); return { sum: a + b, calls }; }
    export function positional(a, b) { return [a, b]; }
    export async function later() { await new Promise((resolve) => setTimeout(resolve, 10)); return 'later'; }
    export function nothing() {}
    export function about() { return { id: this.task.task_id, meta: this.task.meta, attempt: this.task.attempt }; }
    export function steps() { this.task.progress(0.5, 'half'); this.task.progress(7, 'beyond'); return 1; }
    export function environment() { return process.env; }
    export const notAFunction = 1;
  `,
  'work.mjs': `
    import { spawnSync } from 'node:child_process';
    import { appendFileSync, writeFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    /** Notes in a file when it runs, twice a tick, so that two at once are seen. */
    export async function ticks({ file, ms }) {
      const note = (what) => appendFileSync(file, JSON.stringify({ id: this.task.id, attempt: this.task.attempt, pid: process.pid, what, at: Date.now() }) + '\\n');
      note('begin');
      for (const end = Date.now() + ms; Date.now() < end; ) { note('tick'); await sleep(10); }
      note('end');
      return this.task.attempt;
    }
    export function waits({ file }) { appendFileSync(file, this.task.attempt + '\\n'); return new Promise((resolve) => { setInterval(() => {}, 1000); }); }
    export async function reports() { for (let i = 1; i <= 2000; i++) { this.task.progress(i / 2000, 'step ' + i); await sleep(1); } return 'reported'; }
    export function prints({ lines }) { for (let i = 0; i < lines; i++) { console.log('строка ' + i); if (i % 3 === 0) console.error('ошибка ' + i); } return lines; }
    export function attaches({ bytes }) { writeFileSync('out.bin', Buffer.alloc(bytes, 7)); this.task.attach('out.bin', 'image/png'); return bytes; }
    export function attachesPipe() { spawnSync('mkfifo', ['pipe']); this.task.attach('pipe', 'image/png'); }
    export function attachesOutside() { this.task.attach('/etc/passwd', 'text/plain'); }
    export function fails() { throw new Error('attempt ' + this.task.attempt); }
    export function pid() { return process.pid; }
  `,
  'counting.mjs': 'let calls = 0; export const count = () => ++calls;',
  'importing.mjs': `
    import { count } from './counting.mjs';
    export const run = () => count();
    export const later = async () => (await import('./counting.mjs')).count();
  `,
  'legacy.js': 'let calls = 0; exports.count = () => ++calls;',
  'leaving.mjs': `
    import { spawn } from 'node:child_process';
    export function global() { globalThis.kept = (globalThis.kept ?? 0) + 1; return globalThis.kept; }
    export function prototype() { const was = [].kept ?? 0; Array.prototype.kept = was + 1; return was; }
    export function variable() { const was = process.env.KEPT ?? 'none'; process.env.KEPT = 'set'; return was; }
    export function timer() { setInterval(() => {}, 1000); return 'timer'; }
    export function patched() { const was = JSON.parse('1'); JSON.parse = () => 'patched'; return was; }
    export function groupLeft() { spawn('sleep', ['1000'], { stdio: 'ignore' }).unref(); return process.pid; }
    export function sessionLeft() { spawn('setsid', ['sleep', '1000'], { detached: true, stdio: 'ignore' }).unref(); return process.pid; }
  `,
  'hostile.mjs': `
    import { spawn } from 'node:child_process';
    import { writeSync } from 'node:fs';
    export function prints({ lines = 2000 } = {}) { const line = 'x'.repeat(65535); for (let i = 0; i < lines; i++) console.log(line); return 'printed'; }
    export function exits() { process.exit(3); }
    export function exitsWell() { process.exit(0); }
    export function kills() { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}); }
    export function answersTwice() { writeSync(3, '{"type":"result","result":1,"token":"guessed"}\\n'); return 2; }
    export function answersJunk() { writeSync(3, 'junk\\n'); return 2; }
    export function answersLong() { for (let i = 0; i < 200; i++) writeSync(3, 'x'.repeat(65536)); return new Promise(() => {}); }
    export function forks() {
      for (;;) {
        spawn('bash', ['-c', 'sleep 1000 & sleep 1000 & setsid sleep 1000 &'], { detached: true, stdio: 'ignore' }).on('error', () => {});
        const until = Date.now() + 2;
        while (Date.now() < until);
      }
    }
    export function eats() { const held = []; for (;;) held.push(Buffer.alloc(16 * 1024 * 1024, 1)); }
    export function loops() { for (;;); }
    export function waits() { return new Promise(() => {}); }
    export function ignoresTerm() { process.on('SIGTERM', () => {}); this.task.signal; return new Promise(() => setInterval(() => {}, 1000)); }
    export async function heeds() { await new Promise((resolve) => this.task.signal.addEventListener('abort', resolve)); return 'heeded'; }
    export function throwsLate() { setTimeout(() => { throw new Error('late'); }, 1); return new Promise(() => {}); }
    export function rejectsLate() { Promise.reject(new Error('nobody waits')); return new Promise(() => {}); }
    export function throwsNull() { throw null; }
    export function bigint() { return 1n; }
    export function circle() { const a = {}; a.a = a; return a; }
    export function large() { return 'x'.repeat(1024 * 1024); }
  `,
  'snake.py': `
import svodka_task
calls = 0
def add(a, b=2):
    global calls
    calls += 1
    print("adding", a, b)
    return {"sum": a + b, "calls": calls}
async def later():
    svodka_task.progress(0.5, "half")
    return svodka_task.task_id
def unlikely():
    return object()
def exits():
    raise SystemExit(3)
def loops():
    while True:
        pass
def ignoresTerm():
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(1)
def heeds():
    while not svodka_task.cancelled():
        pass
    return "heeded"
`,
};

/** Writes the scripts into a new folder; returns the folder. */
export function makeScriptFolder(): string {
  const folder = makeFolder();
  for (const [file, text] of Object.entries(SCRIPTS)) writeFileSync(join(folder, file), text);
  return folder;
}
