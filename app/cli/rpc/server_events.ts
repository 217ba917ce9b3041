import { linesOf } from '../lines.js';

export type ServerEvent = { name: string; data: string };

/** Parses a stream of server-sent events (WHATWG HTML 9.2). */
export async function* serverEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  let name = 'message';
  let data: string[] = [];
  for await (const raw of linesOf(body)) {
    const line = raw.replace(/\r$/, '');
    if (line === '') {
      if (data.length > 0) yield { name, data: data.join('\n') };
      name = 'message';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
}
