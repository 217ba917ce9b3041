import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { request } from '../http/http.js';
import { until } from '../until.js';

/** 8,000 citizens are 1.5 MB: of what is sent, the last window is pending, and at least the first chunk is staged. */
const SENT_SHARE = 0.7;
const STAGED_CITIZENS = 1000;
const HINT_WITHIN_MS = 20_000;

export type ImportAnswer = { status: number; headers: IncomingMessage['headers']; text: string };

/** An NDJSON import whose client has sent a part of the body and paused. */
export type BegunImport = {
  importId: number;
  /** Sends the rest. */
  finish(): void;
  /** Closes the connection from the client's side. */
  cut(): void;
  /** undefined if the connection ended without an answer. */
  answer: Promise<ImportAnswer | undefined>;
};

export function toNdjson(citizens: readonly Citizen[]): Buffer {
  return Buffer.from(citizens.map((one) => `${JSON.stringify(one)}\n`).join(''));
}

/** The request headers of an NDJSON import. */
export function ndjsonHeaders(key?: string): Record<string, string> {
  return { 'Content-Type': 'application/x-ndjson', ...(key !== undefined && { 'Idempotency-Key': `"${key}"` }) };
}

/** Sends the whole import at once. */
export async function sendLines(url: string, body: Buffer, key?: string): Promise<ImportAnswer> {
  const { status, headers, text } = await request(`${url}/imports`, {
    method: 'POST',
    headers: ndjsonHeaders(key),
    body,
  });
  return { status, headers: Object.fromEntries(headers), text };
}

/** Sends the beginning of an import of at least 8,000 citizens and waits until part of it is staged. */
export async function beginLines(url: string, body: Buffer, key?: string): Promise<BegunImport> {
  const outgoing = httpRequest(`${url}/imports`, {
    method: 'POST',
    agent: false,
    headers: { ...ndjsonHeaders(key), Prefer: 'early-hints', 'Content-Length': body.length },
  });
  const failed = new Promise<undefined>((resolve) => outgoing.on('error', () => resolve(undefined)));
  const responded = once(outgoing, 'response').catch(() => undefined);
  const hinted = once(outgoing, 'information', { signal: AbortSignal.timeout(HINT_WITHIN_MS) });
  const middle = Math.floor(body.length * SENT_SHARE);
  outgoing.write(body.subarray(0, middle));
  const [hint] = (await hinted) as [{ statusCode: number; headers: IncomingMessage['headers'] }];
  assert.equal(hint.statusCode, 103);
  const path = hint.headers['location'] as string;
  await until('the import is staged', async () => {
    const { body: told } = await request<{ data: { state: string; citizens: number } }>(`${url}${path}`);
    assert.equal(told.data.state, 'staging');
    return told.data.citizens >= STAGED_CITIZENS;
  });

  async function readAnswer(): Promise<ImportAnswer | undefined> {
    const [response] = ((await Promise.race([responded, failed])) ?? []) as IncomingMessage[];
    const pieces = await response?.toArray().catch(() => undefined);
    if (response === undefined || pieces === undefined) return undefined;
    return { status: response.statusCode as number, headers: response.headers, text: Buffer.concat(pieces).toString() };
  }
  return {
    importId: Number(path.split('/').at(-1)),
    finish: () => outgoing.end(body.subarray(middle)),
    cut: () => outgoing.destroy(),
    answer: readAnswer(),
  };
}

/** Asserts that no path shows anything of an import. */
export async function checkUnseen(url: string, importId: number): Promise<void> {
  for (const path of ['', '/citizens', '/citizens/birthdays', '/towns/stat/percentile/age', '/events']) {
    const { status, text } = await request(`${url}/imports/${importId}${path}`);
    assert.equal(status, 404, `${path}: ${text.slice(0, 200)}`);
  }
}
