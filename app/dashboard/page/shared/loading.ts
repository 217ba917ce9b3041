import { useEffect, useState } from 'preact/hooks';
import { ApiError } from './http_client.js';

export type Loaded<Value> = {
  /** The last loaded value; kept while the next one is loading. */
  value: Value | undefined;
  error: ApiError | undefined;
  isLoading: boolean;
  reload(): void;
};

type State<Value> = Pick<Loaded<Value>, 'value' | 'error' | 'isLoading'>;

/** Error code for errors of the page itself; the service does not use it. */
const OWN_FAULT = 'PAGE';

/** Converts an error thrown in the page to one that can be shown. */
export function toShownError(reason: unknown): ApiError {
  return reason instanceof ApiError ? reason : new ApiError(0, { code: OWN_FAULT, detail: String(reason) });
}

/** Loads whenever one of `keys` changes and aborts the load in progress. If `load` is undefined, nothing is loaded. */
export function useLoaded<Value>(
  load: ((signal: AbortSignal) => Promise<Value>) | undefined,
  keys: readonly unknown[],
): Loaded<Value> {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<State<Value>>({ value: undefined, error: undefined, isLoading: true });
  useEffect(() => {
    if (load === undefined) {
      setState({ value: undefined, error: undefined, isLoading: false });
      return undefined;
    }
    const controller = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    load(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setState({ value, error: undefined, isLoading: false });
      },
      (reason) => {
        if (controller.signal.aborted) return;
        setState(({ value }) => ({ value, error: toShownError(reason), isLoading: false }));
      },
    );
    return () => controller.abort();
  }, [...keys, attempt]);
  return { ...state, reload: () => setAttempt((before) => before + 1) };
}

/** Loads again, `intervalMs` after the last load has ended, while the tab is visible. */
export function useReloads(
  { isLoading, reload }: Pick<Loaded<unknown>, 'isLoading' | 'reload'>,
  intervalMs: number,
): void {
  useEffect(() => {
    if (isLoading) return undefined;
    const look = () => {
      if (!document.hidden) reload();
    };
    const timer = setTimeout(look, intervalMs);
    // What a hidden tab left out is made up for when it is shown.
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [isLoading, intervalMs]);
}
