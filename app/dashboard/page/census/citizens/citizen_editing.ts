import { useState } from 'preact/hooks';
import { type Answer, ApiError } from '../../shared/http_client.js';
import { toShownError } from '../../shared/loading.js';
import { type Citizen, patchCitizen } from '../api.js';
import { type Draft, type Field, mergeDraft, toChanges, toDraft } from './citizen_draft.js';

/** Changes of other fields, or of other citizens under one ETag, that are stepped over in one go. */
const MAX_ATTEMPTS = 5;

export type Editing = {
  draft: Draft;
  /** What is stored, as far as we know. */
  base: Draft;
  conflicts: readonly Field[];
  error: ApiError | undefined;
  isSaving: boolean;
  write(field: Field, text: string): void;
  save(): Promise<void>;
};

/** `refusal`: why the last attempt was not stored, though it may be made again. */
type State = Pick<Editing, 'draft' | 'base' | 'conflicts' | 'error' | 'isSaving'> & {
  etag: string | undefined;
  refusal?: ApiError;
};

export type EditingOptions = {
  importId: number;
  citizenId: number;
  /** As it was when the change began. */
  begun: Answer<Citizen>;
  readStored(): Promise<Answer<Citizen>>;
  onSaved(): void;
};

/** A change of a citizen under way. It is stored only over what its writer has seen; else the writer is shown both. */
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
      // Others are quicker each time, or something on the way spoils the ETag.
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
