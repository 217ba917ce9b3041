import { html, type View } from '../../frame/view.js';
import { saveBlob } from '../../shared/downloads.js';
import { ActionErrorNote } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { FORMATS, type Format, readConvicted } from './api.js';

/** Saves the convicted cases of a time with the owners' contacts. */
export function ConvictedCard(): View {
  const { t } = useTrafficWords();
  const { isBusy, error, run } = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const [format, from, to] = ['format', 'from', 'to'].map((name) => String(fields.get(name)));
    run(async () => {
      const days = { from: from as string, to: to as string };
      saveBlob(await readConvicted(format as Format, days), `convicted.${format}`);
    });
  };
  return html`<form class="card" aria-labelledby="convicted-title" onSubmit=${submit}>
    <div><h2 id="convicted-title">${t('convicted.title')}</h2><p class="muted small">${t('convicted.lead')}</p></div>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <div class="tools">
      <label class="field"><span>${t('convicted.from')}</span><input name="from" type="date" /></label>
      <label class="field"><span>${t('convicted.to')}</span><input name="to" type="date" /></label>
      <label class="field"><span>${t('convicted.format')}</span>
        <select name="format">${FORMATS.map((each) => html`<option value=${each}>${t(`format.${each}`)}</option>`)}</select></label>
      <button class="button" disabled=${isBusy}>${t('convicted.save')}</button>
    </div>
  </form>`;
}
