import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandError, EXIT, type ExitCode } from '../../command_error.js';
import { RpcRefusal } from '../../rpc/refusal.js';
import type { RpcClient } from '../../rpc/rpc_client.js';
import { writeJson } from '../../terminal/json_output.js';
import { unreadable } from '../../unreadable.js';
import type { Output } from '../refusal.js';

export type RpcCommand = {
  method: string;
  /** JSON text, `-` for stdin, or `@` and the path of a file; `undefined` for none. */
  params: string | undefined;
  asJson: boolean;
};

/** The text of the params, and how the user named it. @throws CommandError */
async function readParams(params: string, stdin: Readable): Promise<{ json: string; name: string }> {
  if (params === '-') return { json: await text(stdin), name: 'stdin' };
  if (!params.startsWith('@')) return { json: params, name: 'PARAMS' };
  const file = params.slice(1);
  try {
    return { json: readFileSync(file, 'utf8'), name: file };
  } catch (reason) {
    throw unreadable(file, reason);
  }
}

/** @throws CommandError when it is not a JSON object or array */
async function parseParams(params: string, stdin: Readable): Promise<unknown> {
  const { json, name } = await readParams(params, stdin);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (reason) {
    throw new CommandError(EXIT.usage, `${name} must be JSON: ${(reason as Error).message}`);
  }
  if (typeof value === 'object' && value !== null) return value;
  throw new CommandError(EXIT.usage, `${name} must be a JSON object, such as '{"task_id": 29}'.`);
}

/**
 * Calls a method and writes its result to stdout as JSON; with `asJson` as one line, and an error too.
 * @throws CommandError
 */
export async function callMethod(
  client: RpcClient,
  { method, params, asJson }: RpcCommand,
  { stdin, stdout }: { stdin: Readable; stdout: Output },
): Promise<ExitCode> {
  const parsed = params === undefined ? undefined : await parseParams(params, stdin);
  try {
    writeJson(stdout, await client.call(method, parsed), asJson);
  } catch (reason) {
    if (asJson && reason instanceof RpcRefusal) writeJson(stdout, reason.error, true);
    throw reason;
  }
  return EXIT.success;
}
