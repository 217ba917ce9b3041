import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type RunningService, startService } from '../test/support/service.js';

export type Stoppable = { url: string; stop(): Promise<unknown> };

/** A fresh service on an empty folder, as `npm start` runs it, quiet. */
export function startFreshService(env: Record<string, string> = {}): Promise<RunningService> {
  return startService({ env: { SVODKA_LOG_LEVEL: 'warn', SVODKA_MEMTX_MEMORY: String(2 * 1024 ** 3), ...env } });
}

/** bare_server.ts in a process of its own. */
export async function startBareServer(...args: string[]): Promise<Stoppable> {
  const script = fileURLToPath(new URL('./bare_server.js', import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return {
    url: `http://127.0.0.1:${String(port).trim()}/`,
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** Posts an import; answers its id. */
export async function post(url: string, body: Buffer): Promise<number> {
  const response = await fetch(`${url}/imports`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`POST /imports answered ${response.status}: ${answer.slice(0, 500)}`);
  return JSON.parse(answer).data.import_id;
}
