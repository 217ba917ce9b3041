import { useState } from 'preact/hooks';
import { type Answer, ApiError } from '../../shared/http_client.js';
import { toShownError } from '../../shared/loading.js';
import { type Citizen, patchCitizen } from '../api.js';
import { type Draft, type Field, mergeDraft, toChanges, toDraft } from './citizen_draft.js';

/** Number of retries after changes of other fields, or of other citizens that share the ETag. */
const MAX_ATTEMPTS = 5;

export type Editing = {
  draft: Draft;
  /** The stored citizen as last seen. */
  base: Draft;
  conflicts: readonly Field[];
  error: ApiError | undefined;
  isSaving: boolean;
  write(field: Field, text: string): void;
  save(): Promise<void>;
};

/** `refusal` is the reason why the last attempt failed, although it may be repeated. */
type State = Pick<Editing, 'draft' | 'base' | 'conflicts' | 'error' | 'isSaving'> & {
  etag: string | undefined;
  refusal?: ApiError;
};

type EditingOptions = {
  importId: number;
  citizenId: number;
  /** The citizen at the start of the change. */
  begun: Answer<Citizen>;
  readStored(): Promise<Answer<Citizen>>;
  onSaved(): void;
};

/**
 * The state of editing a citizen. A change is stored only over values that the user has seen; otherwise the user is
 * shown both versions.
 */
export function useEditing({ importId, citizenId, begun, readStored, onSaved }: EditingOptions): Editing {
  const [state, setState] = useState<State>(() => {
    const base = toDraft(begun.body);
    return { draft: base, base, etag: begun.etag, conflicts: [], error: undefined, isSaving: false };
  });

  async function attempt({ draft, base, etag }: State): Promise<State | 'saved'> {
    const changes = toChanges(draft, base);
    if (Object.keys(changes).length === 0) return 'saved';
    try {
      await patchCitizen(importId, citizenId, changes, etag);
      return 'saved';
    } catch (reason) {
      if (!(reason instanceof ApiError && reason.code === 'PRECONDITION_FAILED')) throw reason;
      const stored = await readStored();
      const storedDraft = toDraft(stored.body);
      const merged = mergeDraft(draft, base, storedDraft);
      return { ...state, ...merged, base: storedDraft, etag: stored.etag, isSaving: true, refusal: reason };
    }
  }

  async function save(): Promise<void> {
    let now: State = { ...state, conflicts: [], error: undefined, isSaving: true };
    setState(now);
    try {
      for (let count = 0; count < MAX_ATTEMPTS; count++) {
        const next = await attempt(now);
        if (next === 'saved') {
          onSaved();
          return;
        }
        now = next;
        if (now.conflicts.length > 0) {
          setState({ ...now, isSaving: false });
          return;
        }
      }
      // Other clients are faster every time, or a proxy changes the ETag.
      setState({ ...now, error: now.refusal, isSaving: false });
    } catch (reason) {
      setState({ ...now, error: toShownError(reason), isSaving: false });
    }
  }

  return {
    ...state,
    write: (field, text) => setState((before) => ({ ...before, draft: { ...before.draft, [field]: text } })),
    save,
  };
}
