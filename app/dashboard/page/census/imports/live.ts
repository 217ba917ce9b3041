import { useEffect, useRef, useState } from 'preact/hooks';
import type { ServerEvent } from '../../shared/server_events.js';
import { useEvents } from '../../shared/use_events.js';
import { type ImportInfo, importPath } from '../api.js';

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

const START = { revision: 0, info: undefined, isGone: false };

/** Follows the events of an import while its tab is visible. */
export function useLive(importId: number): Live {
  const [live, setLive] = useState<Omit<Live, 'isConnected'>>(START);
  const known = useRef<string | undefined>(undefined);
  const revisionTimer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(revisionTimer.current), []);

  /** `state` is a text that changes with the data; the first one matches what is shown. */
  function moved(state: string): void {
    if (known.current !== undefined && known.current !== state) {
      revisionTimer.current ??= setTimeout(() => {
        revisionTimer.current = undefined;
        setLive((before) => ({ ...before, revision: before.revision + 1 }));
      }, REVISION_MS);
    }
    known.current = state;
  }

  function onEvent({ name, data }: ServerEvent): void {
    if (name === 'progress') {
      const info = JSON.parse(data) as ImportInfo;
      setLive((before) => ({ ...before, info }));
      moved(info.version === undefined ? `${info.state} ${info.citizens}` : String(info.version));
    } else if (name === 'changed') {
      moved(String(JSON.parse(data).version));
    } else if (name === 'gone') {
      setLive((before) => ({ ...before, isGone: true }));
    }
  }

  const isConnected = useEvents(live.isGone ? undefined : `${importPath(importId)}/events`, onEvent);
  return { ...live, isConnected: isConnected && !live.isGone };
}
