import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../../shared/http_client.js';
import { toShownError } from '../../shared/loading.js';
import type { LogPage } from './log_page.js';

export type ReadLog = (from: number, signal: AbortSignal) => Promise<LogPage>;

type Piece = { from: number; text: string };
type Log = {
  pieces: readonly Piece[];
  /** Text before the first piece is not shown: the service does not keep it, or it was too long. */
  isCut: boolean;
  hasEnded: boolean;
  error: ApiError | undefined;
};

/** Between two requests: the service holds each until there is more. */
const LOOK_MS = 250;
/** As much as the service keeps. */
const MAX_CHARACTERS = 1024 * 1024;

const START: Log = { pieces: [], isCut: false, hasEnded: false, error: undefined };

function withPage({ pieces, isCut }: Log, { text, from, ended }: LogPage, wanted: number): Log {
  const all = text === '' ? [...pieces] : [...pieces, { from, text }];
  let characters = all.reduce((sum, piece) => sum + piece.text.length, 0);
  let dropped = 0;
  while (characters > MAX_CHARACTERS && dropped < all.length - 1) characters -= (all[dropped++] as Piece).text.length;
  return {
    pieces: all.slice(dropped),
    isCut: isCut || dropped > 0 || from > wanted,
    hasEnded: ended,
    error: undefined,
  };
}

/** Reads a log as it grows, while the tab is visible. `isGrowing`: more may come after an end, as of a task run again. */
export function useLog(read: ReadLog, isGrowing: boolean): Log {
  const [log, setLog] = useState(START);
  const next = useRef(0);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;

    /** Reads to the present end. Resolves with whether more may come. */
    async function readOn(): Promise<boolean> {
      for (;;) {
        const wanted = next.current;
        const page = await read(wanted, signal);
        if (signal.aborted) return false;
        next.current = page.next;
        setLog((before) => withPage(before, page, wanted));
        if (page.ended) return false;
        if (page.text === '') return true;
      }
    }

    async function look(): Promise<void> {
      let mayGrow = true;
      if (!document.hidden) {
        mayGrow = await readOn().catch((reason) => {
          if (!signal.aborted) setLog((before) => ({ ...before, error: toShownError(reason) }));
          return true;
        });
      }
      if (mayGrow && !signal.aborted) timer = setTimeout(look, LOOK_MS);
    }

    void look();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [isGrowing]);
  return log;
}
