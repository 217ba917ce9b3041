import { createHolds, type Holds } from './holds.js';

/** A figure of which each web process has its own, such as the bytes that it holds. */
export type SharedFigure = {
  /** Sets this process's figure. The siblings learn of it in a moment, so their sums lag by what changes meanwhile. */
  set(value: number): void;
  /** The sum of the siblings' figures, as far as they are known here. */
  others(): number;
};

/** The web processes of one service. */
export type Siblings = {
  /** `step`: smaller changes are not sent to the siblings. Each name may be used once in a process. */
  figure(name: string, step?: number): SharedFigure;
  /** How many processes answer requests, and how many there should be, this one included. */
  count(): { running: number; wanted: number };
  holds: Holds;
};

/** For a service of one web process. */
export const ALONE: Siblings = {
  figure: () => ({ set() {}, others: () => 0 }),
  count: () => ({ running: 1, wanted: 1 }),
  holds: createHolds(),
};
