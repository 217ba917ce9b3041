import { ServiceError } from '../../../errors.js';
import type { Definition } from '../shapes/definition.js';
import { type EvaluatorProcess, type Overrun, startEvaluator } from './evaluator_process.js';
import type { CaseParts } from './messages.js';

/** What the expressions made of a record, or the limit that they went over. */
type Evaluated = CaseParts | { overrun: Overrun };

export type Evaluator = {
  /**
   * Evaluates the expressions of a type in another process. `key` names them: the same key has the same expressions.
   * @throws ServiceError SERVICE_BUSY
   */
  evaluate(key: string, expressions: Definition['case'], record: unknown): Promise<Evaluated>;
  use(): { processes: number; waiting: number };
  close(): void;
};

type Waiting = {
  id: number;
  key: string;
  expressions: Definition['case'];
  record: unknown;
  /** Processes that ended unasked while they worked on it. */
  deaths: number;
  resolve(evaluated: Evaluated): void;
  reject(reason: ServiceError): void;
};

type Place = {
  process: EvaluatorProcess;
  isReady: boolean;
  /** In the order in which they were sent: the process works on the first. */
  sent: Map<number, Waiting>;
};

/** One works while a killed one is replaced, which takes 0.2 s. */
const PROCESSES = 2;
/** Evaluations that a process holds at once: enough to keep it busy, few to send again when it is killed. */
const MAX_SENT = 32;
const MAX_WAITING = 2_000;
const LOOK_EVERY_MS = 10;
/** Processes in a row that ended before they were ready. */
const MAX_FAILED_STARTS = 3;
/** A process that ends unasked may have been killed by somebody else once. */
const MAX_DEATHS = 2;

function busy(detail: string): ServiceError {
  return new ServiceError('SERVICE_BUSY', `${detail} Nothing was stored.`);
}

/** Processes that evaluate expressions; they are started when they are first needed. */
export function createEvaluator(): Evaluator {
  const queue: Waiting[] = [];
  const places: Place[] = [];
  let lastId = 0;
  let failedStarts = 0;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  function countOpen(): number {
    return places.reduce((sum, { sent }) => sum + sent.size, queue.length);
  }

  /** Reads what has arrived before it looks: an answer that waits to be read is no overrun. */
  function lookSoon(): void {
    setImmediate(() => {
      for (const { process, sent } of [...places]) {
        const first = sent.keys().next();
        if (!first.done) process.look(first.value);
      }
      if (countOpen() > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
  }

  function settleFirst(place: Place, overrun: Overrun | undefined): void {
    const [first] = place.sent.values();
    if (first === undefined) return;
    first.deaths++;
    if (overrun === undefined && first.deaths < MAX_DEATHS) return;
    place.sent.delete(first.id);
    first.resolve({ overrun: overrun ?? 'memory' });
  }

  function onEnd(place: Place, overrun: Overrun | undefined): void {
    places.splice(places.indexOf(place), 1);
    if (isClosed) return;
    if (place.isReady) settleFirst(place, overrun);
    else failedStarts++;
    queue.unshift(...place.sent.values());
    if (failedStarts >= MAX_FAILED_STARTS) {
      failedStarts = 0;
      for (const waiting of queue.splice(0)) waiting.reject(busy('No process can be started to evaluate expressions.'));
    }
    send();
  }

  function start(): void {
    const place: Place = {
      isReady: false,
      sent: new Map(),
      process: startEvaluator({
        onReady() {
          place.isReady = true;
          failedStarts = 0;
          send();
        },
        onAnswer({ id, values, faults }) {
          place.sent.get(id)?.resolve({ values, faults });
          place.sent.delete(id);
          send();
        },
        onEnd: (overrun) => onEnd(place, overrun),
      }),
    };
    places.push(place);
  }

  function freePlace(): Place | undefined {
    const [best] = places.filter(({ isReady }) => isReady).sort((a, b) => a.sent.size - b.sent.size);
    return best !== undefined && best.sent.size < MAX_SENT ? best : undefined;
  }

  function send(): void {
    if (queue.length > 0 || places.length > 0) while (places.length < PROCESSES) start();
    for (let place = freePlace(); place !== undefined && queue.length > 0; place = freePlace()) {
      const next = queue.shift() as Waiting;
      place.sent.set(next.id, next);
      place.process.send(next);
    }
    if (countOpen() > 0) timer ??= setInterval(lookSoon, LOOK_EVERY_MS).unref();
  }

  return {
    evaluate(key, expressions, record) {
      return new Promise((resolve, reject) => {
        if (isClosed || queue.length >= MAX_WAITING) {
          reject(busy('Too many records wait for their expressions.'));
          return;
        }
        queue.push({ id: ++lastId, key, expressions, record, deaths: 0, resolve, reject });
        send();
      });
    },

    use: () => ({ processes: places.length, waiting: countOpen() }),

    close() {
      isClosed = true;
      clearInterval(timer);
      for (const { process } of places.splice(0)) process.kill();
    },
  };
}
