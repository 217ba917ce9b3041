/** With the pauses below, retries last about 15 s: enough for a restart of the service and its Tarantool. */
export const MAX_RETRIES = 5;
const FIRST_PAUSE_MS = 500;
/** Caps the wait that Retry-After asks for. */
const MAX_PAUSE_MS = 60_000;

/** Temporary failures of the service, and of a proxy in front of it (502, 504). */
const RETRYABLE_STATUSES: ReadonlySet<number | undefined> = new Set([502, 503, 504]);

/**
 * Another request with the same key, or another check of the import, is in progress. An earlier try whose connection
 * was lost may still hold the key.
 */
const RETRYABLE_CODES: ReadonlySet<string> = new Set(['IDEMPOTENCY_KEY_IN_USE', 'CHECK_UNDER_WAY']);

/** Whether the same request may succeed later. `code` is that of the problem. */
export function isRetryable(status: number, code: string | undefined): boolean {
  return RETRYABLE_STATUSES.has(status) || (code !== undefined && RETRYABLE_CODES.has(code));
}

/**
 * Milliseconds to wait before retry number `retry`, counted from 1: 0.5 s, doubled each time, plus up to a quarter at
 * random, so that clients that lost the service together do not retry together. At least Retry-After (in seconds), at
 * most 60 s.
 */
export function pauseBeforeMs(retry: number, retryAfter: string | undefined, random = Math.random): number {
  const backOffMs = FIRST_PAUSE_MS * 2 ** (retry - 1) * (1 + random() / 4);
  const retryAfterMs = /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : 0;
  return Math.min(Math.max(backOffMs, retryAfterMs), MAX_PAUSE_MS);
}
