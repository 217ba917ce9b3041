import { ServiceError } from '../errors.js';
import type { ImportProgress } from './repository.js';

/** How often the database is asked about an import that somebody watches. */
const LOOK_MS = 200;

/** Told of each new state; of `undefined` when the import is no more, and of nothing after that. */
type Listener = (progress: ImportProgress | undefined) => void;

export type ImportWatch = {
  /** Tells `listener` the state now and each new one; answers what ends it. @throws ServiceError IMPORT_NOT_FOUND */
  watch(importId: number, listener: Listener): Promise<() => void>;
};

function isGone(reason: unknown): boolean {
  return reason instanceof ServiceError && reason.code === 'IMPORT_NOT_FOUND';
}

/** However many watch an import, it is asked about once in LOOK_MS, and not at all while nobody does. */
export function createImportWatch(progressOf: (importId: number) => Promise<ImportProgress>): ImportWatch {
  const listenersOf = new Map<number, Set<Listener>>();

  /** Answers whether the import is still there. While the database is away nothing is known and nothing is said. */
  async function look(importId: number, listeners: ReadonlySet<Listener>, known: { text: string }): Promise<boolean> {
    let progress: ImportProgress | undefined;
    try {
      progress = await progressOf(importId);
    } catch (reason) {
      if (!isGone(reason)) return true;
    }
    const text = JSON.stringify(progress);
    if (text !== known.text) for (const listener of listeners) listener(progress);
    known.text = text;
    return progress !== undefined;
  }

  function begin(importId: number, text: string): Set<Listener> {
    const listeners = new Set<Listener>();
    const known = { text };
    listenersOf.set(importId, listeners);
    const lookAgain = async () => {
      if (listeners.size > 0 && (await look(importId, listeners, known))) setTimeout(lookAgain, LOOK_MS).unref();
      else listenersOf.delete(importId);
    };
    setTimeout(lookAgain, LOOK_MS).unref();
    return listeners;
  }

  return {
    async watch(importId, listener) {
      const progress = await progressOf(importId);
      listener(progress);
      const listeners = listenersOf.get(importId) ?? begin(importId, JSON.stringify(progress));
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
