import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { makeScriptFolder } from '../../support/executor/scripts.js';
import { makeFolder } from '../../support/folder.js';
import { postRpc, rpcCaller } from '../../support/http/rpc.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { untilGone } from '../../support/processes.js';
import { type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';
import { readAdminToken } from '../../support/users.js';

const KILLS = IS_NIGHTLY ? 10 : 2;
const CLIENTS = 4;
const PATIENCE_MS = 180_000;

type Task = { id: number; status: string; attempt: number };
type Note = { attempt: number; what: 'begin' | 'tick' | 'end' };

function notesOf(file: string): Note[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

describe('the service with its executor and Tarantool, killed with SIGKILL while tasks are created and run', () => {
  let service: RunningService;
  after(() => service?.kill());

  it('started again runs every task that was acknowledged to its end, and none twice at once', async () => {
    const env = { SVODKA_EXECUTORS: '1', SVODKA_EXECUTOR_CONCURRENCY: '8', SVODKA_SCRIPT_DIR: makeScriptFolder() };
    service = await startService({ env });
    const token = readAdminToken(service.dataDir);
    /** Task id -> the file in which its script notes what it does. */
    const acknowledged = new Map<number, string>();

    /** Creates tasks one after the other until the service is gone. */
    async function create(): Promise<void> {
      for (;;) {
        const file = join(makeFolder(), 'notes');
        const params = { script: 'work.ticks', args: { file, ms: 200 }, max_attempts: 100 };
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'engine.create', params });
        const answer = await postRpc(service.url, token, body).catch(() => undefined);
        if (answer === undefined) return;
        const { result } = answer.body as { result?: Task };
        if (result !== undefined) acknowledged.set(result.id, file);
      }
    }

    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = acknowledged.size + 10;
      const clients = Array.from({ length: CLIENTS }, create);
      await until(
        'tasks are created and run',
        () => {
          const ran = [...acknowledged.values()].filter((file) => notesOf(file).length > 0).length;
          return acknowledged.size >= enough && ran >= kill;
        },
        PATIENCE_MS,
      );
      const tarantoolPid = service.tarantoolPid();
      await service.kill();
      await Promise.all(clients);
      await untilGone(tarantoolPid);
      service = await startService({ env, dataDir: service.dataDir });
    }

    const rpc = rpcCaller(service.url, token);
    for (const [id, file] of acknowledged) {
      const task = await until(
        `task ${id} has ended`,
        async () => {
          const seen = await rpc.call<Task>('engine.result', { task_id: id, wait_s: 10 });
          return ['enqueued', 'working'].includes(seen.status) ? undefined : seen;
        },
        PATIENCE_MS,
      );
      assert.equal(task.status, 'finished', JSON.stringify(task));
      const notes = notesOf(file);
      const begun = notes.flatMap(({ what, attempt }) => (what === 'begin' ? [attempt] : []));
      assert.equal(begun.at(-1), task.attempt);
      // Attempts do not overlap: after the begin of one there is no trace of another before it.
      let current = 0;
      for (const { attempt, what } of notes) {
        if (what === 'begin') current = attempt;
        assert.equal(attempt, current, JSON.stringify(notes));
      }
      assert.deepEqual(begun, [...new Set(begun)], 'no attempt runs twice');
    }
  });
});
