import { useRef, useState } from 'preact/hooks';
import { announce } from '../frame/announcer.js';
import { html, type View } from '../frame/view.js';
import { useWords } from '../words/use_words.js';

/** Browsers offer the clipboard's own functions to pages of https and of this machine only. */
async function copy(field: HTMLInputElement): Promise<boolean> {
  field.select();
  try {
    if (navigator.clipboard === undefined) return document.execCommand('copy');
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return false;
  }
}

/** A secret that is shown this once, with a button that copies it. `lead` says what it is. */
export function ShownSecret({ lead, secret }: { lead: string; secret: string }): View {
  const { t } = useWords();
  const field = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<'copied' | 'failed' | undefined>();
  const onCopy = async () => {
    if (field.current === null) return;
    const isDone = await copy(field.current);
    setOutcome(isDone ? 'copied' : 'failed');
    announce(t(isDone ? 'secret.copied' : 'secret.failed'));
  };
  return html`<div class="note note-good"><p role="status">${lead}</p>
    <p class="secret"><input ref=${field} class="code" readonly value=${secret} aria-label=${t('secret.text')} />
      <button type="button" class="button" onClick=${onCopy}>${t('secret.copy')}</button></p>
    ${outcome && html`<p class="small">${t(`secret.${outcome}`)}</p>`}
  </div>`;
}
