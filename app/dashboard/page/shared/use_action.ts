import { useRef, useState } from 'preact/hooks';
import type { ApiError } from './http_client.js';
import { toShownError } from './loading.js';

type Action = {
  isBusy: boolean;
  error: ApiError | undefined;
  /** Does something unless the last action is under way. */
  run(act: () => Promise<void>): void;
};

/** What a button does: one thing at a time, with the error of the last one. */
export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | undefined>();
  // Two presses may come before the view is rendered again.
  const isRunning = useRef(false);
  async function run(act: () => Promise<void>): Promise<void> {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    try {
      await act();
      setError(undefined);
    } catch (reason) {
      setError(toShownError(reason));
    }
    isRunning.current = false;
    setBusy(false);
  }
  return { isBusy, error, run: (act) => void run(act) };
}
