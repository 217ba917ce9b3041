import { linesOf } from '../lines.js';

/** Progress of an import, as GET /imports/{id} and its events report it. */
export type ImportState = {
  importId: number;
  isPublished: boolean;
  /** Citizens stored so far. */
  citizenCount: number;
  /** Bytes of the decoded body read so far; `undefined` when not known. */
  bytes: number | undefined;
};

/** `gone`: the import was refused or abandoned. */
export type ImportEvent = { name: 'progress'; state: ImportState } | { name: 'gone' };

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns `undefined` when `answer` is not the state of an import. */
export function toImportState(answer: unknown): ImportState | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { import_id, state, citizens, bytes } = answer as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(import_id) || !Number.isSafeInteger(citizens)) return undefined;
  return {
    importId: import_id as number,
    isPublished: state === 'published',
    citizenCount: citizens as number,
    bytes: Number.isSafeInteger(bytes) ? (bytes as number) : undefined,
  };
}

function toEvent(name: string, data: string): ImportEvent | undefined {
  if (name === 'gone') return { name };
  const state = name === 'progress' ? toImportState(parse(data)) : undefined;
  return state && { name: 'progress', state };
}

/** The events in a stream of server-sent events (WHATWG HTML 9.2); unknown events are skipped. */
export async function* readEvents(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ImportEvent, void, undefined> {
  let name = '';
  let data: string[] = [];
  for await (const line of linesOf(pieces)) {
    const [, field, value = ''] = /^(event|data): ?(.*?)\r?$/s.exec(line) ?? [];
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
    if (line !== '' && line !== '\r') continue;
    const event = toEvent(name, data.join('\n'));
    name = '';
    data = [];
    if (event !== undefined) yield event;
  }
}
