import { useEffect, useRef, useState } from 'preact/hooks';
import { openEvents, type ServerEvent } from './server_events.js';

/** Delay before reconnecting. A restarting service refuses connections for some seconds. */
const AGAIN_MS = 3_000;

/**
 * Follows a stream of events while the tab is visible, and reconnects. A tab in the background closes its stream: a
 * browser opens at most six connections to a host, and six such tabs would use all of them. The first event of the next
 * connection covers everything missed. Without a path nothing is followed. Returns whether the stream is open.
 */
export function useEvents(path: string | undefined, onEvent: (event: ServerEvent) => void): boolean {
  const [isConnected, setConnected] = useState(false);
  const handler = useRef(onEvent);
  handler.current = onEvent;
  useEffect(() => {
    if (path === undefined) return undefined;
    let stop: (() => void) | undefined;
    let againTimer: ReturnType<typeof setTimeout> | undefined;

    function close(): void {
      clearTimeout(againTimer);
      stop?.();
      stop = undefined;
      setConnected(false);
    }

    function open(): void {
      close();
      if (document.hidden) return;
      stop = openEvents(path as string, {
        onOpen: () => setConnected(true),
        onEvent: (event) => handler.current(event),
        onEnd(mayComeBack) {
          setConnected(false);
          if (mayComeBack) againTimer = setTimeout(open, AGAIN_MS);
        },
      });
    }

    open();
    document.addEventListener('visibilitychange', open);
    return () => {
      document.removeEventListener('visibilitychange', open);
      close();
    };
  }, [path]);
  return isConnected;
}
