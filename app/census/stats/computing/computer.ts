import { LRUCache } from 'lru-cache';
import { OWN_MEMORY_BYTES } from '../../../db/wire/frames.js';
import { ServiceError } from '../../../errors.js';
import { createThreadPool, type ThreadUse } from '../../../thread_pool.js';
import { noFormulas } from '../formulas/formula_rules.js';
import { hasFormulas, type ParsedTerms, parseTerms } from '../formulas/terms.js';
import { type ImportAges, sizeOf } from './groups.js';
import { computesFormulas, makeRows, type RowsTask } from './stats_rows.js';
import type { StatsResult, StatsTask } from './stats_worker.js';

/** Rows of this cost take 5 ms; the event loop must not be blocked for more than 10 ms. */
const MAX_WORK_HERE_MICROS = 5_000;
/** The heaviest formulas allowed take 0.3 s on a free core. Starting the thread and loading mathjs do not count. */
const LIMIT_MS = 5_000;
/** Loading mathjs takes 0.4 s on a free core, over 5 s when 26 programs share two. It continues after a refusal. */
const MAX_LOAD_WAIT_MS = 20_000;
/**
 * A client that has waited longer has probably gone: 20 clients that abandoned their requests delayed the next one
 * by 11 s.
 */
const MAX_WAIT_MS = 10_000;
/** A thread with mathjs takes 50 MB, and 0.4 s to start. */
const IDLE_MS = 10 * 60_000;
/** A text has up to 2 KB; its parsed terms take as much again. */
const MAX_TEXTS_KEPT = 500;

export type ComputerOptions = { limitMs?: number; idleMs?: number; maxWaitMs?: number; maxLoadWaitMs?: number };

/** Parses terms and computes rows from ages. */
export type Computer = {
  /** @throws ServiceError INVALID_INPUT when parsing takes too long, STATISTICS_OVERLOADED */
  parseTerms(text: string): Promise<ParsedTerms>;
  /**
   * The text of the rows, in pieces. The caller must not use the ages afterwards: their buffers are transferred.
   * @throws ServiceError INVALID_INPUT when the task is too heavy or its formulas take too long,
   * STATISTICS_OVERLOADED
   */
  makeRows(task: RowsTask): Promise<readonly Buffer[]>;
  threadUse(): ThreadUse;
  close(): Promise<void>;
};

function tooComplex(detail: string): ServiceError {
  return new ServiceError('INVALID_INPUT', 'This is too much to compute. Ask for fewer groups or metrics.', {
    violations: [{ pointer: '/query/metrics', code: 'TOO_COMPLEX', detail }],
  });
}

function stillLoading(): ServiceError {
  return new ServiceError(
    'STATISTICS_OVERLOADED',
    'The service is still loading what computes formulas; please try again.',
  );
}

function needsFormulas(task: StatsTask): boolean {
  return task !== 'load' && (!('rows' in task) || computesFormulas(task.rows.query));
}

function overloaded(): ServiceError {
  return new ServiceError('STATISTICS_OVERLOADED', 'Too many others had to be computed before this; please try again.');
}

function isShort({ query, imports }: RowsTask): boolean {
  const { groupBy, terms } = query;
  const { counts, groups } = sizeOf(imports, groupBy);
  // Measured with percentiles, the slowest measure, and JSON output.
  return 0.2 * counts + groups * (3 + 0.3 * terms.length) <= MAX_WORK_HERE_MICROS && !computesFormulas(query);
}

/** Copies short pages, which share their buffer with other replies, and transfers the others. */
function handOver(imports: readonly ImportAges[]) {
  const owned = imports.map(({ importId, pages }) => ({
    importId,
    pages: pages.map((page) => (page.length > OWN_MEMORY_BYTES ? page : new Uint8Array(page))),
  }));
  return { imports: owned, buffers: owned.flatMap(({ pages }) => pages.map(({ buffer }) => buffer as ArrayBuffer)) };
}

/**
 * Runs short work on the calling thread. Formulas and long work run in one worker thread, which starts on demand and
 * ends after `idleMs` without work. A request that has waited for others for more than `maxWaitMs` is refused.
 * A thread's first formula loads mathjs; requests wait for this for up to `maxLoadWaitMs`. A loading thread is never
 * terminated, since Node would leak the files it is reading (40 descriptors each time). Formulas that run longer than
 * `limitMs` after loading are refused, and the thread is terminated.
 */
export function createComputer({
  limitMs = LIMIT_MS,
  idleMs = IDLE_MS,
  maxWaitMs = MAX_WAIT_MS,
  maxLoadWaitMs = MAX_LOAD_WAIT_MS,
}: ComputerOptions = {}): Computer {
  const pool = createThreadPool<StatsTask, StatsResult>({
    url: new URL('./stats_worker.js', import.meta.url),
    name: 'computeInWorker',
    threadCount: 1,
    idleMs,
  });
  // Cached answers and 304s need no thread if the terms have been parsed before.
  const known = new LRUCache<string, ParsedTerms>({ max: MAX_TEXTS_KEPT });
  let previous: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let running = 0;
  let loading: Promise<unknown> | undefined;

  /** @throws ServiceError STATISTICS_OVERLOADED when mathjs is not loaded in time; loading continues */
  async function untilLoaded(load: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(stillLoading()), maxLoadWaitMs);
    });
    await Promise.race([load, limit]).finally(() => clearTimeout(timer));
  }

  function startLoading(): Promise<unknown> {
    return pool.run('load', []).finally(() => {
      loading = undefined;
    });
  }

  /** Limits the time of formulas, which clients write; our own code needs no limit. */
  async function runFormulas(task: StatsTask, buffers: ArrayBuffer[]): Promise<StatsResult> {
    const signal = AbortSignal.timeout(limitMs);
    try {
      return await pool.run(task, buffers, signal);
    } catch (reason) {
      throw signal.aborted ? tooComplex(`it took more than ${limitMs / 1000} s`) : reason;
    }
  }

  /** Runs tasks one at a time, so that each has the full time limit. */
  async function inThread(task: StatsTask, buffers: ArrayBuffer[] = []): Promise<StatsResult> {
    const isBehindOthers = waiting + running > 0;
    waiting++;
    const askedAt = performance.now();
    const mine = previous.then(async () => {
      waiting--;
      // On a busy machine this much time may pass with an empty queue.
      if (isBehindOthers && performance.now() - askedAt > maxWaitMs) throw overloaded();
      running++;
      try {
        // In a running thread this costs one round trip, 0.1 ms. No timer can fire between its reply and the next task,
        // so an idle thread does not end in between.
        if (needsFormulas(task)) loading ??= startLoading();
        if (loading !== undefined) await untilLoaded(loading);
        return needsFormulas(task) ? await runFormulas(task, buffers) : await pool.run(task, buffers);
      } finally {
        running--;
      }
    });
    previous = mine.catch(() => {});
    return mine;
  }

  return {
    async parseTerms(text) {
      if (!hasFormulas(text)) return parseTerms(text, noFormulas);
      const found = known.get(text) ?? ((await inThread({ termsText: text })) as ParsedTerms);
      known.set(text, found);
      return found;
    },

    async makeRows(task) {
      let pieces: readonly Uint8Array[] | undefined;
      if (isShort(task)) {
        pieces = makeRows(task, noFormulas);
      } else {
        const { imports, buffers } = handOver(task.imports);
        pieces = (await inThread({ rows: { ...task, imports } }, buffers)) as readonly Uint8Array[] | undefined;
      }
      if (pieces === undefined)
        throw tooComplex(`its values and operations, over all rows, must be ${task.maxWeight} at most`);
      return pieces.map(({ buffer, byteOffset, length }) => Buffer.from(buffer, byteOffset, length));
    },

    threadUse() {
      const { threads, running } = pool.use();
      return { threads, running, queued: waiting };
    },
    close: pool.close,
  };
}
