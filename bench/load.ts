import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../test/support/folder.js';

export type Load = {
  url: string;
  connections: number;
  method?: 'GET' | 'PATCH' | 'POST';
  body?: string;
  /** If given, requests go to url/1, url/2 and so on up to this number, in turn; otherwise all go to the url. */
  lastId?: number;
  seconds?: number;
  /** One header, `Name: value`. */
  header?: string;
  /** A wrk script in Lua in place of `method`, `body` and `lastId`. */
  script?: string;
};

/** The request as a wrk script in Lua; JSON.stringify quotes as Lua does for the plain ASCII and Cyrillic used here. */
function requestScript(method: string, body: string, lastId: number | undefined): string {
  const lines = [
    `wrk.method = ${JSON.stringify(method)}`,
    'wrk.headers["Content-Type"] = "application/json"',
    `wrk.body = ${JSON.stringify(body)}`,
  ];
  if (lastId !== undefined) {
    lines.push('local id = 0');
    lines.push(`function request() id = id % ${lastId} + 1; return wrk.format(nil, wrk.path .. '/' .. id) end`);
  }
  return lines.join('\n');
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${text}`);
  return text;
}

/**
 * Requests per second over that many connections, sent by wrk: for 2 MB answers a client in Node uses more CPU than
 * the service. @throws when any answer is not 2xx
 */
export async function requestsPerSecond({
  url,
  connections,
  method = 'GET',
  body,
  lastId,
  seconds = 2,
  header,
  script = body === undefined ? undefined : requestScript(method, body, lastId),
}: Load): Promise<number> {
  const args = ['--connections', String(connections), '--threads', '1', '--duration', `${seconds}s`];
  // The default of 2 s counts as an error on a busy machine.
  args.push('--timeout', '10s');
  if (header !== undefined) args.push('--header', header);
  if (script !== undefined) {
    const file = join(makeFolder(), 'request.lua');
    writeFileSync(file, script);
    args.push('--script', file);
  }
  const text = await output('wrk', [...args, url]);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  if (/Non-2xx|Socket errors/.test(text) || !(rate > 0)) throw new Error(`wrk met errors at ${url}:\n${text}`);
  return rate;
}
