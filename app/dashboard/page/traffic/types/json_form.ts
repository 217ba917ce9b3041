import { useState } from 'preact/hooks';
import { html, type View } from '../../frame/view.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { type TypeDraft, toDefinition, toDraft } from './type_draft.js';

/** The definition as JSON, to copy, or to fill the form from. */
export function JsonForm({ draft, onTake }: { draft: TypeDraft; onTake: (draft: TypeDraft) => void }): View {
  const { t } = useTrafficWords();
  const [written, setWritten] = useState<string | undefined>();
  const [fault, setFault] = useState<string | undefined>();
  const take = () => {
    try {
      onTake(toDraft(JSON.parse(written ?? '')));
      setWritten(undefined);
      setFault(undefined);
    } catch (reason) {
      setFault(t('types.notJson', { detail: (reason as Error).message }));
    }
  };
  return html`<details><summary class="muted">${t('types.json')}</summary>
    <div class="stacked">
      <label class="field"><span>${t('types.jsonLead')}</span>
        <textarea class="code" rows="12" spellcheck=${false} value=${written ?? JSON.stringify(toDefinition(draft), undefined, 2)}
          aria-invalid=${fault === undefined ? undefined : 'true'}
          onInput=${({ currentTarget }: { currentTarget: HTMLTextAreaElement }) => setWritten(currentTarget.value)}></textarea></label>
      ${fault && html`<p class="fault" role="alert">${fault}</p>`}
      <p><button type="button" class="button button-quiet" disabled=${written === undefined} onClick=${take}>${t('types.take')}</button></p>
    </div></details>`;
}
