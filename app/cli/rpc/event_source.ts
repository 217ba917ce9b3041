import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { LostError, readJson } from '../connection.js';
import { MAX_RETRIES, pauseBeforeMs } from '../retries.js';
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
    throw lossOf(reason instanceof LostError ? reason : new LostError(reason, true), 'the feed', { url, signal });
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
 * The states of something as the events tell them, up to the last one. A service that restarts meanwhile is tried again
 * for about 15 s. @throws CommandError
 */
export async function* follow<State>({
  client,
  path,
  read,
  isLast,
  note,
}: Following<State>): AsyncGenerator<State, void> {
  let wasReached = false;
  let state: State | undefined;
  for (let retry = 1; ; retry++) {
    try {
      for await (const event of eventsOnce(client, path)) {
        state = await read(event, state);
        wasReached = true;
        retry = 0;
        yield state;
        if (isLast(state)) return;
      }
    } catch (reason) {
      const mayPass = reason instanceof CommandError && reason.exitCode === EXIT.unavailable;
      if (!mayPass || !wasReached || retry > MAX_RETRIES) throw reason;
      note(`${reason.message.split('\n')[0]} Trying again (${retry} of ${MAX_RETRIES}).`);
    }
    await sleep(pauseBeforeMs(Math.max(1, retry), undefined), undefined, { signal: client.signal }).catch(() => {
      throw new CommandError(client.signal.reason as ExitCode, 'Stopped.');
    });
  }
}
