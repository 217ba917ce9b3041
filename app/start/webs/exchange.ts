import { type Counted, keepCounters } from '../../metrics/together.js';
import type { Web } from './web_processes.js';

/** A process that does not answer within this time is counted as it was. */
const COUNT_PATIENCE_MS = 500;

type Known = { figures: Map<string, number>; counted: Counted; hasStarted: boolean };
type Counting = { missing: Set<Web>; finish(): void };

type Exchange = {
  join(web: Web): void;
  leave(web: Web): void;
  /** Counts the process among those that answer. */
  started(web: Web): void;
  /** Sends the figure to the other processes. */
  setFigure(web: Web, name: string, value: number): void;
  /** What all processes have counted, beginning with the one that asks; those that have ended have a part too. */
  gather(web: Web, own: Counted): Promise<readonly Counted[]>;
  counted(web: Web, id: number, counted: Counted): void;
};

/** Passes on what web processes know of each other: their figures and their metrics. `wanted`: how many there should be. */
export function createExchange(wanted: number): Exchange {
  const known = new Map<Web, Known>();
  const countings = new Map<number, Counting>();
  /** Of processes that have ended. */
  let ofGone: Promise<Counted> = Promise.resolve([]);
  let lastId = 0;

  function tellFigure(name: string): void {
    const values = [...known].map(([web, { figures }]) => [web, figures.get(name) ?? 0] as const);
    const sum = values.reduce((total, [, value]) => total + value, 0);
    for (const [web, value] of values) web.send({ type: 'figure', name, others: sum - value });
  }

  function tellCount(): void {
    const running = [...known.values()].filter(({ hasStarted }) => hasStarted).length;
    for (const web of known.keys()) web.send({ type: 'webCount', running, wanted });
  }

  function answered(web: Web, counting: Counting): void {
    counting.missing.delete(web);
    if (counting.missing.size === 0) counting.finish();
  }

  function ask(webs: readonly Web[]): Promise<void> {
    if (webs.length === 0) return Promise.resolve();
    lastId++;
    const id = lastId;
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        countings.delete(id);
        resolve();
      };
      const timer = setTimeout(finish, COUNT_PATIENCE_MS);
      countings.set(id, { missing: new Set(webs), finish });
      for (const web of webs) web.send({ type: 'count', id });
    });
  }

  return {
    join(web) {
      known.set(web, { figures: new Map(), counted: [], hasStarted: false });
      tellCount();
      for (const name of new Set([...known.values()].flatMap(({ figures }) => [...figures.keys()]))) tellFigure(name);
    },
    leave(web) {
      const left = known.get(web);
      if (left === undefined) return;
      known.delete(web);
      tellCount();
      for (const name of left.figures.keys()) tellFigure(name);
      for (const counting of [...countings.values()]) answered(web, counting);
      ofGone = ofGone.then((kept) => keepCounters([kept, left.counted]));
    },
    started(web) {
      const joined = known.get(web);
      if (joined !== undefined) joined.hasStarted = true;
      tellCount();
    },
    setFigure(web, name, value) {
      known.get(web)?.figures.set(name, value);
      tellFigure(name);
    },
    async gather(web, own) {
      const asking = known.get(web);
      if (asking !== undefined) asking.counted = own;
      await ask([...known.keys()].filter((each) => each !== web));
      const others = [...known].filter(([each]) => each !== web).map(([, { counted }]) => counted);
      return [own, ...others, await ofGone];
    },
    counted(web, id, counted) {
      const answering = known.get(web);
      if (answering !== undefined) answering.counted = counted;
      const counting = countings.get(id);
      if (counting !== undefined) answered(web, counting);
    },
  };
}
