export type { Problem } from '../../../app/http/problem.js';

/** An answer for tests; `body` is parsed if it is JSON. */
export type Answer<Body> = { status: number; headers: Headers; body: Body; text: string };

export async function request<Body = unknown>(url: string, init: RequestInit = {}): Promise<Answer<Body>> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('Content-Type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson && text !== '' ? JSON.parse(text) : text) as Body,
  };
}

/** Sends a value as JSON. */
export function sendJson<Body = unknown>(method: string, url: string, value: unknown): Promise<Answer<Body>> {
  return request<Body>(url, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
  });
}

/** Posts an import and returns its id; throws the whole answer if it is refused. */
export function postImport(url: string, citizens: readonly unknown[]): Promise<number> {
  return postBody(url, JSON.stringify({ citizens }));
}

/** The same with a serialized JSON body. */
export async function postBody(url: string, body: string): Promise<number> {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await request<{ data: { import_id: number } }>(`${url}/imports`, { method: 'POST', headers, body });
  if (answer.status !== 201) throw new Error(`POST /imports answered ${answer.status}: ${answer.text}`);
  return answer.body.data.import_id;
}
