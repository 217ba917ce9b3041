import { Readable } from 'node:stream';
import type { JSONRPCResponse } from 'json-rpc-2.0';
import type { Reply } from './dispatcher.js';

/** Up to so many characters are sent as a whole; a batch of lists can be much longer. */
const MAX_WHOLE_CHARACTERS = 1024 * 1024;

/** The array of a batch in pieces. When the reader leaves early, the rest of the batch is run all the same. */
async function* batchPieces(responses: AsyncGenerator<JSONRPCResponse, void>): AsyncGenerator<string, void> {
  let next = await responses.next();
  let opening = '[';
  try {
    while (!next.done) {
      yield opening + JSON.stringify(next.value);
      opening = ',';
      next = await responses.next();
    }
    yield ']';
  } finally {
    while (!next.done) next = await responses.next();
  }
}

async function* continueAfter(first: string, rest: AsyncGenerator<string, void>): AsyncGenerator<string, void> {
  yield first;
  yield* rest;
}

/** Runs the requests of a reply that has a response, and makes its text: whole, or as a stream when it is long. */
export async function responseText({ isBatch, responses }: Reply): Promise<string | Readable> {
  if (!isBatch) return JSON.stringify((await responses.next()).value);
  const pieces = batchPieces(responses);
  let text = '';
  for (;;) {
    const piece = await pieces.next();
    if (piece.done) return text;
    text += piece.value;
    if (text.length > MAX_WHOLE_CHARACTERS) return Readable.from(continueAfter(text, pieces), { objectMode: false });
  }
}

/** Runs the requests of a reply without a response. */
export async function runSilently({ responses }: Reply): Promise<void> {
  for await (const _ of responses);
}
