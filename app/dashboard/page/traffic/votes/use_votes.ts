import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../../shared/http_client.js';
import { toShownError } from '../../shared/loading.js';
import { useAction } from '../../shared/use_action.js';
import { castVote, type Vote } from './api.js';
import { type HeldCase, releaseCase, takeCase } from './take_case.js';

type VoteState =
  | { kind: 'loading' }
  | { kind: 'looking'; held: HeldCase }
  /** The vote is stored. The case stays in sight until the next one can be shown. */
  | { kind: 'voted'; held: HeldCase; vote: Vote }
  /** The case is not this specialist's any more. */
  | { kind: 'lapsed'; held: HeldCase }
  | { kind: 'none' }
  | { kind: 'failed'; error: ApiError };

type Votes = {
  state: VoteState;
  /** Why the last vote was not stored. */
  error: ApiError | undefined;
  isBusy: boolean;
  /** How many votes were stored, and how often a case was looked for. */
  turn: number;
  vote(said: Vote): void;
  lapse(): void;
  look(): void;
};

function refusal(reason: unknown): VoteState {
  const error = toShownError(reason);
  return error.code === 'NO_CASE_LEFT' ? { kind: 'none' } : { kind: 'failed', error };
}

/**
 * One case after the other. The next one is asked for the moment a vote is stored, and not earlier: until then the service
 * would answer the case that is held, and there is never a second hold.
 */
export function useVotes(): Votes {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<VoteState>({ kind: 'loading' });
  const { isBusy, error, run } = useAction();
  // Votes on a case that is not shown yet, or no longer, would be cast unseen.
  const closed = useRef<HeldCase | undefined>(undefined);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    takeCase(signal).then(
      (held) => {
        if (signal.aborted) releaseCase(held);
        else setState({ kind: 'looking', held });
      },
      (reason) => {
        if (!signal.aborted) setState(refusal(reason));
      },
    );
    return () => controller.abort();
  }, [turn]);

  const held = 'held' in state ? state.held : undefined;
  useEffect(() => () => held && releaseCase(held), [held]);

  const look = () => setTurn((before) => before + 1);
  const lapse = () => {
    if (state.kind !== 'looking') return;
    closed.current = state.held;
    setState({ kind: 'lapsed', held: state.held });
  };
  const vote = (said: Vote) => {
    if (state.kind !== 'looking' || closed.current === state.held) return;
    const { held } = state;
    run(async () => {
      try {
        await castVote(said, held.caseId);
      } catch (reason) {
        if (toShownError(reason).code !== 'NO_CASE_HELD') throw reason;
        closed.current = held;
        setState({ kind: 'lapsed', held });
        return;
      }
      closed.current = held;
      setState({ kind: 'voted', held, vote: said });
      look();
    });
  };
  return { state, error, isBusy, turn, vote, lapse, look };
}
