import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Api, problemOf } from '../../api.js';
import { CommandError, EXIT } from '../../command_error.js';
import { LostError, shownUrl } from '../../connection.js';
import { isRetryable, MAX_RETRIES, pauseBeforeMs } from '../../retries.js';

export type Connection = { api: Api; url: URL; signal: AbortSignal };

function dataOf<Data>(answer: Answer): Data | undefined {
  return (answer.content as { data?: Data } | undefined)?.data;
}

/** Repeats the request while the answer is a temporary failure. @throws CommandError when no retry is left */
export async function askWithRetries(
  { api, url, signal }: Connection,
  method: 'GET' | 'POST',
  path: string,
): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    let failure: { text: string; retryAfter?: string | undefined };
    try {
      const answer = await api.ask(method, path);
      const { code, detail = 'the answer is not one of Svodka' } = problemOf(answer);
      if (!isRetryable(answer.status, code)) return answer;
      failure = { text: `answered ${answer.status}: ${detail}`, retryAfter: answer.headers['retry-after'] };
    } catch (reason) {
      if (!(reason instanceof LostError) || signal.aborted) throw reason;
      failure = { text: `does not answer (${reason.reason})` };
      if (!reason.wasConnected) tries = MAX_RETRIES + 1;
    }
    if (tries > MAX_RETRIES) throw new CommandError(EXIT.notChecked, `${shownUrl(url)} ${failure.text}.`);
    await sleep(pauseBeforeMs(tries, failure.retryAfter), undefined, { signal });
  }
}

/** The `data` of a successful answer. @throws CommandError for a refusal, or an answer that is not from Svodka */
export function required<Data>(answer: Answer, url: URL): Data {
  const data = answer.status === 200 ? dataOf<Data>(answer) : undefined;
  if (data !== undefined) return data;
  const { code, detail } = problemOf(answer);
  const text = code === undefined ? `${shownUrl(url)} is not Svodka: it answered ${answer.status}` : detail;
  throw new CommandError(EXIT.notChecked, `Not checked: ${text}${code === undefined ? '.' : ` (${code})`}`);
}
