import { createPatience } from './patience.js';
import type { RpcClient } from './rpc_client.js';

/** A page of a log, as `engine.log` and `workflow.log` answer it. */
type LogPage = { text: string; from: number; next: number; ended: boolean };

/** The service answers at the next text, or after this time. */
const WAIT_S = 30;
const PAGE_BYTES = 262_144;

type LogRequest = {
  client: RpcClient;
  method: string;
  /** Names the task. */
  params: object;
  /** Whether to go on until nothing can follow. */
  follows: boolean;
  note(text: string): void;
};

/** The pages of a log from its begin. @throws CommandError */
export async function* logPages({ client, method, params, follows, note }: LogRequest): AsyncGenerator<LogPage, void> {
  const patience = createPatience(client.signal, note);
  const wait = follows ? { wait_s: WAIT_S } : {};
  for (let from = 0; ; ) {
    let page: LogPage;
    try {
      page = await client.call<LogPage>(method, { ...params, from, limit: PAGE_BYTES, ...wait });
    } catch (reason) {
      if (!follows) throw reason;
      await patience.wait(reason);
      continue;
    }
    patience.reached();
    yield page;
    from = page.next;
    if (page.ended || (!follows && page.text === '')) return;
  }
}
