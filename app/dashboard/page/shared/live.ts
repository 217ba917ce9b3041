import { useEffect, useState } from 'preact/hooks';
import { type ImportInfo, importPath } from '../census/api.js';
import { openEvents, type ServerEvent } from './server_events.js';

export type Live = {
  /** Increases whenever the data change; used as a key for loading. */
  revision: number;
  /** The latest state reported by the service. */
  info: ImportInfo | undefined;
  isConnected: boolean;
  isGone: boolean;
};

/** Shortest interval between reloads, however many changes arrive. */
const REVISION_MS = 500;

const START: Live = { revision: 0, info: undefined, isConnected: false, isGone: false };

/** Delay before reconnecting. A restarting service refuses connections for some seconds. */
const AGAIN_MS = 3_000;

/**
 * Follows the events of an import while its tab is visible. A tab in the background closes its stream: a browser opens
 * at most six connections to a host, and six such tabs would use all of them. The first event of the next connection
 * covers everything missed.
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

    /** `state` is a text that changes with the data; the first one matches what is shown. */
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
