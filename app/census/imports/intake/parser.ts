import { MessageChannel } from 'node:worker_threads';
import { ServiceError } from '../../../errors.js';
import type { BodyAccount } from '../../../http/bodies/body_budget.js';
import { createThreadPool, type ThreadPool, type ThreadUse } from '../../../thread_pool.js';
import { type CountedImport, createImportParse, type ParseOptions, type ParseOutcome, type RowChunk } from './parse.js';
import type { ParseMessage, ParseTask } from './parse_worker.js';

/**
 * A good body of 8 KB takes 0.1 ms, less than a thread costs; a hostile one, `{},{},...`, 12 ms, which is as long as the
 * event loop may be held.
 */
const LARGE_BODY_BYTES = 8 * 1024;
/** Parts of a body on their way to a thread: enough that it never waits for the next. */
const MOST_PARTS_AHEAD = 4;
/** Chunks of rows that the database has not taken yet: half a second of its work at most. */
const MOST_CHUNKS_AHEAD = 8;
/**
 * Imports that a thread has in work; they share its time, a few parts each at a turn. No limit of ours: with one, a few
 * dozen clients who send slowly would keep all others waiting. What they hold is limited by the budget for bodies.
 */
const MAX_IMPORTS_A_THREAD = 100_000;
/** Chunks that the sink keeps after it has taken them: the first one, and three on their way to the database. */
const MAX_CHUNKS_KEPT = 4;
/** A chunk is written into a call and exists twice then. */
const COPIES_OF_A_CHUNK = 2;

/** Where the rows go as they are packed. */
export type RowSink = {
  /** Resolves when there is room for more. Its failure ends the reading and is thrown by it. */
  add(chunk: RowChunk): Promise<void>;
};

export type ImportParser = {
  /**
   * Reads a body to its end and answers how much it was. Rows go to the sink while nothing is wrong. The account has
   * counted each part, which must not be used afterwards, and goes on counting what is made of it.
   * @throws ServiceError that says everything that is wrong with the import, and what the parts or the sink throw
   */
  read(
    parts: AsyncIterable<Buffer<ArrayBuffer>>,
    options: ParseOptions,
    sink: RowSink,
    account: BodyAccount,
  ): Promise<CountedImport>;
  /** Starts the threads, so that the first large import does not wait 0.1 s for them. */
  warmUp(): void;
  threadUse(): ThreadUse;
  close(): Promise<void>;
};

function toCount(outcome: ParseOutcome): CountedImport {
  if ('citizenCount' in outcome) return outcome;
  const { code, detail, violations, violationCount, report } = outcome;
  throw new ServiceError(
    code,
    detail,
    code === 'INVALID_INPUT' ? { violations, violationCount, ...(report && { report }) } : {},
  );
}

type ThreadEnd = { outcome: ParseOutcome } | { failure: unknown };

function isGood(end: ThreadEnd): boolean {
  return 'outcome' in end && 'citizenCount' in end.outcome;
}

/** One import in a thread. The thread hears of the end by the port's being closed. */
function startInThread(pool: ThreadPool<ParseTask, void>, options: ParseOptions, sink: RowSink, account: BodyAccount) {
  const { port1: port, port2 } = new MessageChannel();
  let partsAhead = 0;
  let chunksAhead = 0;
  let heldBytes = 0;
  /** Memory of the chunks that the sink has taken last. */
  const keptChunks: number[] = [];
  let end: ThreadEnd | undefined;
  let wake: () => void = () => {};

  function finish(how: ThreadEnd): void {
    end ??= how;
    wake();
  }
  /** A sink may fail when all is read and found good: what is not stored is not good. */
  function fail(failure: unknown): void {
    if (end === undefined || isGood(end)) end = { failure };
    wake();
  }
  function add(chunk: RowChunk): void {
    const bytes = COPIES_OF_A_CHUNK * (chunk.rows.length + (chunk.counts?.length ?? 0));
    account.take(bytes);
    chunksAhead++;
    sink.add(chunk).then(() => {
      chunksAhead--;
      keptChunks.push(bytes);
      if (keptChunks.length > MAX_CHUNKS_KEPT) account.give(keptChunks.shift() as number);
      wake();
    }, fail);
  }
  function onPartDone(doneBytes: number, nowHeldBytes: number): void {
    account.give(doneBytes);
    account.give(heldBytes);
    account.take(nowHeldBytes);
    heldBytes = nowHeldBytes;
    partsAhead--;
    wake();
  }
  function take(message: ParseMessage): void {
    if ('chunk' in message) add(message.chunk);
    else if ('outcome' in message) finish(message);
    else onPartDone(message.doneBytes, message.heldBytes);
  }
  port.on('message', (message: ParseMessage) => {
    try {
      take(message);
    } catch (reason) {
      // Outside the way of the request: it would wait for ever.
      fail(reason);
    }
  });
  port.on('messageerror', fail);
  pool.run({ port: port2, options }, [port2]).then(
    () => finish({ failure: new Error('the thread let go of the import') }),
    (failure) => finish({ failure }),
  );

  const change = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  return {
    isOver: () => end !== undefined,
    async push(bytes: Buffer<ArrayBuffer>, isLast: boolean): Promise<void> {
      while (end === undefined && (partsAhead >= MOST_PARTS_AHEAD || chunksAhead >= MOST_CHUNKS_AHEAD)) await change();
      if (end !== undefined) return;
      partsAhead++;
      port.postMessage({ bytes, isLast }, [bytes.buffer]);
    },
    /** When all parts were pushed. */
    async count(): Promise<CountedImport> {
      while (end === undefined || (isGood(end) && chunksAhead > 0)) await change();
      if ('failure' in end) throw end.failure;
      return toCount(end.outcome);
    },
    close: () => port.close(),
  };
}

/** Parses small imports where it stands and large ones in `workerCount` threads. */
export function createImportParser(workerCount: number): ImportParser {
  const pool = createThreadPool<ParseTask, void>({
    url: new URL('./parse_worker.js', import.meta.url),
    name: 'parseInWorker',
    threadCount: workerCount,
    tasksAThread: MAX_IMPORTS_A_THREAD,
  });

  async function readHere(bytes: Buffer, options: ParseOptions, sink: RowSink): Promise<CountedImport> {
    const chunks: RowChunk[] = [];
    const parse = createImportParse(options, (chunk) => chunks.push(chunk));
    const count = toCount((await parse.push(bytes, true)) as ParseOutcome);
    for (const chunk of chunks) await sink.add(chunk);
    return count;
  }

  return {
    async read(parts, options, sink, account) {
      const iterator = parts[Symbol.asyncIterator]();
      let next = await iterator.next();
      if (next.done) throw new Error('a body without a part');
      let part = next.value;
      next = await iterator.next();
      if (next.done && part.length < LARGE_BODY_BYTES) return readHere(part, options, sink);

      const thread = startInThread(pool, options, sink, account);
      try {
        while (!next.done && !thread.isOver()) {
          await thread.push(part, false);
          part = next.value;
          next = await iterator.next();
        }
        await thread.push(part, true);
        return await thread.count();
      } finally {
        thread.close();
        await iterator.return?.();
      }
    },
    warmUp: pool.start,
    threadUse: pool.use,
    close: pool.close,
  };
}
