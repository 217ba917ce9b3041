import { authorization, refuseSession } from '../session/session.js';

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

type RequestOptions = Pick<RequestInit, 'method' | 'body'> & {
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/**
 * Sends a request. The token of the session is sent along unless the headers have one; if it has expired, it is
 * forgotten and the request is repeated without it.
 * @throws ApiError unless the answer is a success; NETWORK if the service cannot be reached
 */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const token = authorization();
  let response: Response;
  let problem = '';
  try {
    response = await fetch(path, { ...options, headers: { ...token, ...options.headers } });
    if (!response.ok) problem = await response.text();
  } catch {
    throw networkError(options.signal);
  }
  const isOfSession = options.headers?.['Authorization'] === undefined;
  if (response.status === 401 && isOfSession && refuseSession(token)) return send(path, options);
  if (!response.ok) throw toApiError(response.status, problem);
  return response;
}

function networkError(signal: AbortSignal | undefined): ApiError {
  return new ApiError(0, { code: signal?.aborted ? 'CANCELLED' : 'NETWORK' });
}

export type Answer<Body> = { body: Body; etag: string | undefined };

type AskOptions = Omit<RequestOptions, 'body'> & { body?: unknown };

/**
 * Sends a request with a JSON body and parses the JSON response.
 * @throws ApiError; NETWORK if the service cannot be reached
 */
export async function ask<Body>(path: string, options: AskOptions = {}): Promise<Answer<Body>> {
  const { headers = {}, body, ...rest } = options;
  const response = await send(path, {
    ...rest,
    headers: {
      Accept: 'application/json',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  let text: string;
  try {
    text = await response.text();
  } catch {
    throw networkError(options.signal);
  }
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
