/** With the pauses below: for about 15 s, in which the service and its Tarantool have started again. */
export const MAX_RETRIES = 5;
const FIRST_PAUSE_MS = 500;
/** Whoever says more in Retry-After is not waited for so long in silence. */
const LONGEST_PAUSE_MS = 60_000;

/** Answers that another try may change: of the service, and of a proxy before it (502, 504). */
const PASSING_STATUSES: ReadonlySet<number | undefined> = new Set([502, 503, 504]);

/** Somebody else is at it. */
const PASSING_CODES: ReadonlySet<string> = new Set(['IDEMPOTENCY_KEY_IN_USE', 'CHECK_UNDER_WAY']);

/** Whether the same request may succeed later. `code` is the problem's; a try that was lost may still hold the key. */
export function isPassing(status: number, code: string | undefined): boolean {
  return PASSING_STATUSES.has(status) || (code !== undefined && PASSING_CODES.has(code));
}

/**
 * Milliseconds to wait before a retry, the first is 1: 0.5 s, doubled each time, and up to a quarter more, so that
 * clients who lost the service together do not come back together; never less than Retry-After (in seconds) says.
 */
export function pauseBeforeMs(retry: number, retryAfter: string | undefined, random = Math.random): number {
  const backOffMs = FIRST_PAUSE_MS * 2 ** (retry - 1) * (1 + random() / 4);
  const askedMs = /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : 0;
  return Math.min(Math.max(backOffMs, askedMs), LONGEST_PAUSE_MS);
}
