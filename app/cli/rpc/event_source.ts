import { CommandError, EXIT } from '../command_error.js';
import { LostError, readJson } from '../connection.js';
import { createPatience } from './patience.js';
import { lossOf, type RpcClient, refusalOf } from './rpc_client.js';
import { type ServerEvent, serverEvents } from './server_events.js';

const MAX_PROBLEM_BYTES = 1024 * 1024;

/** The events of one connection. @throws CommandError when the service refuses, cannot be reached, or ends the stream */
async function* eventsOnce({ connection, url, signal }: RpcClient, path: string): AsyncGenerator<ServerEvent, void> {
  const closing = new AbortController();
  try {
    const message = await connection.send({
      method: 'GET',
      path,
      headers: { Accept: 'text/event-stream' },
      signal: closing.signal,
    });
    if (message.statusCode !== 200) {
      throw refusalOf(message.statusCode ?? 0, await readJson(message, MAX_PROBLEM_BYTES), url);
    }
    yield* serverEvents(message);
  } catch (reason) {
    if (reason instanceof CommandError) throw reason;
    throw lossOf(reason instanceof LostError ? reason : new LostError(reason, true), 'the end', { url, signal });
  } finally {
    closing.abort();
  }
}

type Following<State> = {
  client: RpcClient;
  /** Where the service tells of changes, as server-sent events. */
  path: string;
  /** The state after an event; `last` is the one before. The first event of a connection tells the whole state. */
  read(event: ServerEvent, last: State | undefined): State | Promise<State>;
  /** Nothing follows this state. */
  isLast(state: State): boolean;
  /** Tells the user that the connection was lost and is tried again. */
  note(text: string): void;
};

/**
 * The states of something as the events tell them, up to the last one. A service that restarts meanwhile is tried
 * again. @throws CommandError
 */
export async function* follow<State>({
  client,
  path,
  read,
  isLast,
  note,
}: Following<State>): AsyncGenerator<State, void> {
  const patience = createPatience(client.signal, note);
  let state: State | undefined;
  for (;;) {
    try {
      for await (const event of eventsOnce(client, path)) {
        state = await read(event, state);
        patience.reached();
        yield state;
        if (isLast(state)) return;
      }
      throw new CommandError(EXIT.unavailable, 'The service has ended the stream of changes.');
    } catch (reason) {
      await patience.wait(reason);
    }
  }
}
