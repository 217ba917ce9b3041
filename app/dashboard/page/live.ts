import { useEffect, useState } from 'preact/hooks';
import { type ImportInfo, importPath } from './api.js';

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

/** Follows an import by its events. The browser connects again by itself; the service then tells what was missed. */
export function useLive(importId: number): Live {
  const [live, setLive] = useState(START);
  useEffect(() => {
    const source = new EventSource(`${importPath(importId)}/events`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let known: string | undefined;

    /** `state` is a text that differs whenever the data do; the first one is what is shown already. */
    function moved(state: string): void {
      if (known !== undefined && known !== state) {
        timer ??= setTimeout(() => {
          timer = undefined;
          setLive((before) => ({ ...before, revision: before.revision + 1 }));
        }, REVISION_MS);
      }
      known = state;
    }

    source.addEventListener('open', () => setLive((before) => ({ ...before, isConnected: true })));
    source.addEventListener('error', () => setLive((before) => ({ ...before, isConnected: false })));
    source.addEventListener('progress', ({ data }) => {
      const info = JSON.parse(data) as ImportInfo;
      setLive((before) => ({ ...before, info }));
      moved(info.version === undefined ? `${info.state} ${info.citizens}` : String(info.version));
    });
    source.addEventListener('changed', ({ data }) => moved(String(JSON.parse(data).version)));
    source.addEventListener('gone', () => {
      source.close();
      setLive((before) => ({ ...before, isGone: true, isConnected: false }));
    });
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [importId]);
  return live;
}
