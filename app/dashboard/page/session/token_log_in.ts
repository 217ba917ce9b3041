import { html, type View } from '../frame/view.js';
import { ask } from '../shared/http_client.js';
import { errorText } from '../shared/notes.js';
import { useAction } from '../shared/use_action.js';
import { useWords } from '../words/use_words.js';
import { beginSession } from './session.js';

/** Lets somebody in who has a token and no password, as the first administrator. */
export function TokenLogIn(): View {
  const words = useWords();
  const { t } = words;
  const { isBusy, error, run } = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget as HTMLFormElement).get('token')).trim();
    run(async () => {
      const headers = { Authorization: `Token ${token}` };
      const { body } = await ask<{ username: string }>('/api/v1/me', { headers });
      beginSession(body.username, token, true);
    });
  };
  return html`<details class="card log-in"><summary>${t('login.byToken')}</summary>
    <form class="log-in" aria-label=${t('login.byToken')} onSubmit=${submit}>
      <p class="muted small">${t('login.tokenHint')}</p>
      ${error && html`<p class="note note-bad" role="alert">${errorText(error, words)}</p>`}
      <label class="field"><span>${t('login.token')}</span>
        <input name="token" type="password" autocomplete="off" pattern="\\s*[0-9A-Fa-f]{40}\\s*" required /></label>
      <p class="tools"><button class="button" disabled=${isBusy}>${t('login.submit')}</button></p>
    </form></details>`;
}
