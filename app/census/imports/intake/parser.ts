import { MessageChannel } from 'node:worker_threads';
import { ServiceError } from '../../../errors.js';
import type { BodyAccount } from '../../../http/bodies/body_budget.js';
import { createThreadPool, type ThreadPool, type ThreadUse } from '../../../thread_pool.js';
import { type CountedImport, createImportParse, type ParseOptions, type ParseOutcome, type RowChunk } from './parse.js';
import type { ParseMessage, ParseTask } from './parse_worker.js';

/**
 * A valid body of 8 KB takes 0.1 ms, less than passing it to a thread; a hostile one, `{},{},...`, takes 12 ms, about the
 * longest that the event loop may be blocked.
 */
const LARGE_BODY_BYTES = 8 * 1024;
/** Parts of a body sent to the thread and not yet read: enough that it never waits for the next. */
const MAX_PARTS_AHEAD = 4;
/** Chunks of rows that the database has not taken yet: at most half a second of its work. */
const MAX_CHUNKS_AHEAD = 8;
/**
 * Imports that one thread reads at the same time, a few parts of each in turn. Practically unlimited: with a low limit, a
 * few dozen slow clients would block all others. The budget for bodies limits their memory.
 */
const MAX_THREAD_IMPORTS = 100_000;
/** Chunks that the sink still holds after it took them: the first one, and three being sent to the database. */
const MAX_CHUNKS_KEPT = 4;

/** Receives the packed rows. */
export type RowSink = {
  /** Resolves when there is room for more. A failure ends the reading, which throws it. */
  add(chunk: RowChunk): Promise<void>;
};

export type ImportParser = {
  /**
   * Reads a body to its end and returns its size. Rows go to the sink while no violation was found. The account has
   * counted each part already, and counts what is made of it; a part must not be used afterwards.
   * @throws ServiceError with the violations of the import, and what the parts or the sink throw
   */
  read(
    parts: AsyncIterable<Buffer<ArrayBuffer>>,
    options: ParseOptions,
    sink: RowSink,
    account: BodyAccount,
  ): Promise<CountedImport>;
  /** Starts the threads in advance: the first large import would wait 0.1 s for them. */
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

/** Reads one import in a thread. Closing the port tells the thread to stop. */
function startInThread(pool: ThreadPool<ParseTask, void>, options: ParseOptions, sink: RowSink, account: BodyAccount) {
  const { port1: port, port2 } = new MessageChannel();
  let partsAhead = 0;
  let chunksAhead = 0;
  let heldBytes = 0;
  /** Sizes of the chunks that the sink took last. */
  const keptChunks: number[] = [];
  let end: ThreadEnd | undefined;
  let wake: () => void = () => {};

  function finish(how: ThreadEnd): void {
    end ??= how;
    wake();
  }
  /** The sink may fail after the whole body was read and found valid: the import then fails too. */
  function fail(failure: unknown): void {
    if (end === undefined || isGood(end)) end = { failure };
    wake();
  }
  function add(chunk: RowChunk): void {
    // They are sent to the database without a copy; the buffer of rows may have room left.
    const bytes = chunk.rows.buffer.byteLength + (chunk.counts?.length ?? 0);
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
      // Thrown in an event handler it would not reach the request, which would wait for ever.
      fail(reason);
    }
  });
  port.on('messageerror', fail);
  pool.run({ port: port2, options }, [port2]).then(
    () => finish({ failure: new Error('the thread abandoned the import') }),
    (failure) => finish({ failure }),
  );

  const change = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  return {
    isOver: () => end !== undefined,
    async push(bytes: Buffer<ArrayBuffer>, isLast: boolean): Promise<void> {
      while (end === undefined && (partsAhead >= MAX_PARTS_AHEAD || chunksAhead >= MAX_CHUNKS_AHEAD)) await change();
      if (end !== undefined) return;
      partsAhead++;
      port.postMessage({ bytes, isLast }, [bytes.buffer]);
    },
    /** After the last push. */
    async count(): Promise<CountedImport> {
      while (end === undefined || (isGood(end) && chunksAhead > 0)) await change();
      if ('failure' in end) throw end.failure;
      return toCount(end.outcome);
    },
    close: () => port.close(),
  };
}

/**
 * Parses small imports on the calling thread and large ones in `workerCount` threads, with `scan` plain citizens in
 * WebAssembly.
 */
export function createImportParser(workerCount: number, scan = false): ImportParser {
  const pool = createThreadPool<ParseTask, void>({
    url: new URL('./parse_worker.js', import.meta.url),
    name: 'parseInWorker',
    threadCount: workerCount,
    tasksAThread: MAX_THREAD_IMPORTS,
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

      const thread = startInThread(pool, { ...options, scan }, sink, account);
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
