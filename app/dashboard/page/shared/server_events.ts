import { ApiError, send } from './http_client.js';

export type ServerEvent = { name: string; data: string };

type EventHandlers = {
  onOpen(): void;
  onEvent(event: ServerEvent): void;
  /** `mayComeBack`: another try may succeed. Not called after close(). */
  onEnd(mayComeBack: boolean): void;
};

const TYPE = 'text/event-stream';
/** What is not there, or not for this user, stays so. */
const LASTING: readonly number[] = [400, 401, 403, 404];

/** One event as it stands between two empty lines; undefined for a comment. */
function parseEvent(text: string): ServerEvent | undefined {
  let name = 'message';
  const data: string[] = [];
  for (const line of text.split('\n')) {
    const [, field, value = ''] = /^(event|data)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { name, data: data.join('\n') };
}

async function readAll(body: ReadableStream<Uint8Array>, onEvent: EventHandlers['onEvent']): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const texts = (rest + decoder.decode(value, { stream: true })).split('\n\n');
    rest = texts.pop() ?? '';
    for (const text of texts) {
      const event = parseEvent(text);
      if (event !== undefined) onEvent(event);
    }
  }
}

/** Follows a stream of events by fetch, since EventSource can send no token. Returns the function that closes it. */
export function openEvents(path: string, handlers: EventHandlers): () => void {
  const controller = new AbortController();

  async function follow(): Promise<void> {
    const { body } = await send(path, {
      headers: { Accept: TYPE },
      signal: controller.signal,
    });
    handlers.onOpen();
    if (body !== null) await readAll(body, handlers.onEvent);
  }

  follow()
    .then(
      () => true,
      // An error without a status: the service cannot be reached, or the connection was lost.
      (reason) => !(reason instanceof ApiError && LASTING.includes(reason.status)),
    )
    .then((mayComeBack) => {
      if (!controller.signal.aborted) handlers.onEnd(mayComeBack);
    });
  return () => controller.abort();
}
