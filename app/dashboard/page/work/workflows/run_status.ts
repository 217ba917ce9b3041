import { html, type View } from '../../frame/view.js';
import { useWorkWords, type WorkWords } from '../words/use_work_words.js';

/** `error(3)` in the reader's language. */
export function runLabel(status: string, label: string, { tell }: WorkWords): string {
  return `${tell('run', status) ?? status}${label.slice(status.length)}`;
}

/** A status of a run or of a task in the reader's language; `label` has its number: `error(3)`. */
export function RunStatus({ status, label = status }: { status: string; label?: string }): View {
  const words = useWorkWords();
  // Class names have no blanks: `not run`.
  return html`<span class="badge badge-${status.replace(' ', '-')}">${runLabel(status, label, words)}</span>`;
}
