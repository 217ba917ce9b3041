import type { Operation } from './document.js';
import { encodeRequest, type WireRequest } from './wire.js';

/** The results of a run. */
export type Ledger = {
  count(operation: Operation, hasSucceeded: boolean): void;
  /** Records a fault; for repeated faults of an operation only the first request is kept. */
  blame(operation: Operation, wire: WireRequest, fault: string): void;
  /** A readable list of all faults, each with the request that shows it. */
  faults(): string[];
  /** A readable list of how many requests of each operation succeeded. */
  tallies(): string[];
  neverSucceeded(): Operation[];
};

const SHOWN_BYTES = 400;

function show(wire: WireRequest): string {
  return JSON.stringify(encodeRequest(wire).toString('latin1').slice(0, SHOWN_BYTES));
}

export function createLedger(operations: readonly Operation[]): Ledger {
  const found = new Map<string, { shown: string; count: number }>();
  const tallies = new Map(operations.map((operation) => [operation, { sent: 0, succeeded: 0 }]));
  const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
  return {
    count(operation, hasSucceeded) {
      const tally = tallies.get(operation);
      if (tally === undefined) return;
      tally.sent++;
      if (hasSucceeded) tally.succeeded++;
    },
    blame(operation, wire, fault) {
      const key = `${wire.method} ${operation.path}: ${fault}`;
      const known = found.get(key);
      found.set(key, { shown: known?.shown ?? show(wire), count: (known?.count ?? 0) + 1 });
    },
    faults: () => [...found].map(([fault, { shown, count }]) => `${fault} (${count} times), first:\n  ${shown}`),
    tallies: () =>
      [...tallies].map(([one, { sent, succeeded }]) => `${nameOf(one)}: ${succeeded} of ${sent} succeeded`),
    neverSucceeded: () => [...tallies].filter(([, { succeeded }]) => succeeded === 0).map(([one]) => one),
  };
}
