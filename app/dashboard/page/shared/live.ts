import { useEffect, useState } from 'preact/hooks';
import { type ImportInfo, importPath } from '../census/api.js';

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

/** A service that is being started again refuses for some seconds, and on a refusal the browser gives up. */
const AGAIN_MS = 3_000;

/**
 * Follows an import by its events while somebody looks. A tab in the background lets go: a browser has six connections
 * to a host, and six such tabs would leave none. What was missed is told by the first event of the next connection.
 */
export function useLive(importId: number): Live {
  const [live, setLive] = useState(START);
  const change = (changes: Partial<Live>) => setLive((before) => ({ ...before, ...changes }));
  useEffect(() => {
    let source: EventSource | undefined;
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
      source?.close();
      source = undefined;
      change({ isConnected: false });
    }

    function onError(): void {
      change({ isConnected: false });
      // What was never there stays so.
      if (source?.readyState === EventSource.CLOSED && known !== undefined) againTimer = setTimeout(open, AGAIN_MS);
    }

    function open(): void {
      close();
      if (document.hidden || isGone) return;
      source = new EventSource(`${importPath(importId)}/events`);
      source.addEventListener('open', () => change({ isConnected: true }));
      source.addEventListener('error', onError);
      source.addEventListener('progress', ({ data }) => {
        const info = JSON.parse(data) as ImportInfo;
        change({ info });
        moved(info.version === undefined ? `${info.state} ${info.citizens}` : String(info.version));
      });
      source.addEventListener('changed', ({ data }) => moved(String(JSON.parse(data).version)));
      source.addEventListener('gone', () => {
        isGone = true;
        close();
        change({ isGone });
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
