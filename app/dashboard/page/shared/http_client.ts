import { authorization, refuseSession } from './session.js';

/** A broken rule, as in the response of the service. */
export type Fault = {
  pointer: string;
  code: string;
  detail: string;
  peer?: string;
  line?: number;
};

type Problem = {
  title: string;
  detail: string;
  code: string;
  requestId: string;
  errors?: Fault[];
  errorCount?: number;
};

/** A failed request. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly faults: readonly Fault[];
  readonly faultCount: number;

  constructor(status: number, problem: Partial<Problem> & { code: string }) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code;
    this.requestId = problem.requestId;
    this.faults = problem.errors ?? [];
    this.faultCount = problem.errorCount ?? this.faults.length;
  }
}

/** Converts the body of an error response, which may come from a proxy and not be JSON. */
export function toApiError(status: number, text: string): ApiError {
  try {
    const problem = JSON.parse(text) as Problem;
    if (typeof problem.code === 'string') return new ApiError(status, problem);
  } catch {
    // Not a problem of the service.
  }
  return new ApiError(status, { code: `HTTP_${status}`, detail: `HTTP ${status}` });
}

export type Answer<Body> = { body: Body; etag: string | undefined };

type AskOptions = { method?: string; headers?: Record<string, string>; body?: unknown; signal?: AbortSignal };

/**
 * Sends a request with a JSON body and parses the JSON response. The token of the session is sent along; if it has
 * expired, it is forgotten and the request is repeated without it.
 * @throws ApiError; NETWORK if the service cannot be reached
 */
export async function ask<Body>(path: string, options: AskOptions = {}): Promise<Answer<Body>> {
  const { method = 'GET', headers = {}, body, signal } = options;
  const token = authorization();
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      headers: {
        Accept: 'application/json',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...token,
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    text = await response.text();
  } catch {
    throw new ApiError(0, { code: signal?.aborted ? 'CANCELLED' : 'NETWORK' });
  }
  if (response.status === 401 && refuseSession(token)) return ask(path, options);
  if (!response.ok) throw toApiError(response.status, text);
  return {
    body: (text === '' ? undefined : JSON.parse(text)) as Body,
    etag: response.headers.get('ETag') ?? undefined,
  };
}

/** Adds query parameters to a path; undefined and empty ones are omitted. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') given.set(name, String(value));
  }
  return given.size === 0 ? path : `${path}?${given}`;
}
