import { useEffect, useState } from 'preact/hooks';
import { type ImportInfo, importPath } from '../census/api.js';
import { openEvents, type ServerEvent } from './server_events.js';

export type Live = {
  /** Grows whenever the data moved: a key for what is loaded. */
  revision: number;
  /** As the service told it last. */
  info: ImportInfo | undefined;
  isConnected: boolean;
  isGone: boolean;
};

/** While a thousand changes a second arrive, what is shown is loaded again this often at most. */
const REVISION_MS = 500;

const START: Live = { revision: 0, info: undefined, isConnected: false, isGone: false };

/** A service that is being started again refuses for some seconds. */
const AGAIN_MS = 3_000;

/**
 * Follows an import by its events while somebody looks. A tab in the background lets go: a browser has six connections
 * to a host, and six such tabs would leave none. What was missed is told by the first event of the next connection.
 */
export function useLive(importId: number): Live {
  const [live, setLive] = useState(START);
  const change = (changes: Partial<Live>) => setLive((before) => ({ ...before, ...changes }));
  useEffect(() => {
    let stop: (() => void) | undefined;
    let revisionTimer: ReturnType<typeof setTimeout> | undefined;
    let againTimer: ReturnType<typeof setTimeout> | undefined;
    let known: string | undefined;
    let isGone = false;

    /** `state` is a text that differs whenever the data do; the first one is what is shown already. */
    function moved(state: string): void {
      if (known !== undefined && known !== state) {
        revisionTimer ??= setTimeout(() => {
          revisionTimer = undefined;
          setLive((before) => ({ ...before, revision: before.revision + 1 }));
        }, REVISION_MS);
      }
      known = state;
    }

    function close(): void {
      clearTimeout(againTimer);
      stop?.();
      stop = undefined;
      change({ isConnected: false });
    }

    function onEvent({ name, data }: ServerEvent): void {
      if (name === 'progress') {
        const info = JSON.parse(data) as ImportInfo;
        change({ info });
        moved(info.version === undefined ? `${info.state} ${info.citizens}` : String(info.version));
      } else if (name === 'changed') {
        moved(String(JSON.parse(data).version));
      } else if (name === 'gone') {
        isGone = true;
        close();
        change({ isGone });
      }
    }

    function open(): void {
      close();
      if (document.hidden || isGone) return;
      stop = openEvents(`${importPath(importId)}/events`, {
        onOpen: () => change({ isConnected: true }),
        onEvent,
        onEnd(mayComeBack) {
          change({ isConnected: false });
          if (mayComeBack) againTimer = setTimeout(open, AGAIN_MS);
        },
      });
    }

    open();
    document.addEventListener('visibilitychange', open);
    return () => {
      document.removeEventListener('visibilitychange', open);
      clearTimeout(revisionTimer);
      close();
    };
  }, [importId]);
  return live;
}
