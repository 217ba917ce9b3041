import { html, type View } from '../../frame/view.js';
import { faultText } from '../../shared/notes.js';
import { caseHash } from '../place.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import type { Trial } from './api.js';

/** Cases that are named; the number says how many there are. */
const MAX_SHOWN = 50;

/** What a dry run found: the stored cases whose records would no longer pass. */
export function TrialNote({ trial: { version, tried, failing, cases } }: { trial: Trial }): View {
  const words = useTrafficWords();
  const { t } = words;
  return html`<div class=${`note ${failing === 0 ? 'note-good' : 'note-bad'}`} role="status">
    <p>${t(failing === 0 ? 'trial.passes' : 'trial.fails', { version, tried, failing })}</p>
    ${
      failing > 0 &&
      html`<ul class="fault-list" aria-label=${t('trial.cases')}>${cases.slice(0, MAX_SHOWN).map(
        ({ case_id, errors }) => html`<li key=${case_id}><a href=${caseHash(case_id)}><code>${case_id}</code></a>
          ${errors.map((error) => html`<span class="trial-error"><code>${error.pointer}</code> ${faultText(error, words)}</span>`)}</li>`,
      )}</ul>`
    }
    ${cases.length > MAX_SHOWN && html`<p>${t('trial.more', { shown: MAX_SHOWN })}</p>`}
  </div>`;
}
