import { html, type View } from '../frame/view.js';
import { useWords } from '../words/use_words.js';
import type { Words } from '../words/words.js';
import type { ApiError, Fault } from './http_client.js';
import type { Loaded } from './loading.js';

/** Faults whose detail contains a position or a number that helps to find them. */
const HAS_MORE: readonly string[] = ['NOT_JSON', 'NO_HEADER', 'WRONG_FIELD_COUNT'];

/** Describes a fault in the user's language if its code is known, else in the words of the service. */
export function faultText({ code, detail }: Fault, words: Words): string {
  const told = words.tell('fault', code);
  if (told === undefined) return detail;
  return HAS_MORE.includes(code) ? `${told} (${detail})` : told;
}

/** Describes an error in one sentence. The detail from the service is more specific, but in English. */
export function errorText(error: ApiError, words: Words): string {
  const told = words.tell('error', error.code);
  if (told === undefined) return error.message;
  return error.message === error.code || error.message === '' ? told : `${told} (${error.message})`;
}

type FailureProps = { sentence: string; error: ApiError; onRetry?: (() => void) | undefined };

function Failure({ sentence, error, onRetry }: FailureProps): View {
  const words = useWords();
  return html`<div class="note note-bad" role="alert">
    <p>${sentence} ${errorText(error, words)}</p>
    ${error.requestId && html`<p class="muted small">${words.t('state.request', { id: error.requestId })}</p>`}
    ${onRetry && html`<button type="button" class="button" onClick=${onRetry}>${words.t('state.retry')}</button>`}
  </div>`;
}

/** Says why something could not be loaded. */
export function ErrorNote({ error, onRetry }: { error: ApiError; onRetry?: () => void }): View {
  return html`<${Failure} sentence=${useWords().t('state.failed')} error=${error} onRetry=${onRetry} />`;
}

/** Says why what the user asked for was not done. */
export function ActionErrorNote({ error }: { error: ApiError }): View {
  return html`<${Failure} sentence=${useWords().t('state.notDone')} error=${error} />`;
}

export function NotFound(): View {
  return html`<h1>${useWords().t('state.notFound')}</h1>`;
}

export function Loading(): View {
  return html`<p class="loading muted">${useWords().t('state.loading')}</p>`;
}

/**
 * Shows a loaded value, or why it could not be loaded. After a failed reload the previous value stays, with the error
 * above it.
 */
export function LoadedView<Value>({ loaded, render }: { loaded: Loaded<Value>; render: (value: Value) => View }): View {
  const { value, error, isLoading, reload } = loaded;
  if (error !== undefined && value === undefined) return html`<${ErrorNote} error=${error} onRetry=${reload} />`;
  if (value === undefined) return html`<${Loading} />`;
  return html`<div class="loaded" aria-busy=${isLoading}>
    ${error && html`<${ErrorNote} error=${error} onRetry=${reload} />`} ${render(value)}
  </div>`;
}
