import { until } from '../until.js';

export type ServerEvent = { id: string | undefined; event: string; data: Record<string, unknown> };

export type EventSource = {
  /** All events received so far. */
  events: ServerEvent[];
  /** Resolves with the first event of the kind after the position, once it has arrived. */
  next(event: string, from?: number): Promise<ServerEvent>;
  isOver(): boolean;
  close(): void;
};

function parseEvent(text: string): ServerEvent | undefined {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  const [event, data] = [field('event'), field('data')];
  return event === undefined || data === undefined ? undefined : { id: field('id'), event, data: JSON.parse(data) };
}

/** Opens a stream of server-sent events; rejects if the status is not 200. */
export async function openEvents(url: string, headers: Record<string, string> = {}): Promise<EventSource> {
  const closing = new AbortController();
  const response = await fetch(url, { headers, signal: closing.signal });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  const events: ServerEvent[] = [];
  let isOver = false;
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      const parts = (text + decoder.decode(bytes, { stream: true })).split('\n\n');
      text = parts.pop() as string;
      for (const part of parts) {
        const event = parseEvent(part);
        if (event !== undefined) events.push(event);
      }
    }
  };
  void read()
    .catch(() => {})
    .finally(() => {
      isOver = true;
    });
  return {
    events,
    next: (event, from = 0) => until(`${event} comes`, () => events.slice(from).find((one) => one.event === event)),
    isOver: () => isOver,
    close: () => closing.abort(),
  };
}
