import { useState } from 'preact/hooks';
import { PageHeading } from '../frame/page_heading.js';
import { html, type View } from '../frame/view.js';
import { ask } from '../shared/http_client.js';
import { errorText, faultText } from '../shared/notes.js';
import { useAction } from '../shared/use_action.js';
import { useWords } from '../words/use_words.js';
import { beginSession } from './session.js';
import { TokenLogIn } from './token_log_in.js';

type Credentials = { username: string; password: string };

/** @throws ApiError */
async function logIn(body: Credentials): Promise<void> {
  const answer = await ask<{ token: string }>('/api-token-auth/', { method: 'POST', body });
  beginSession(body.username, answer.body.token);
}

/** @throws ApiError */
async function register(body: Credentials): Promise<void> {
  await ask('/api/v1/registration', { method: 'POST', body });
  await logIn(body);
}

/** Asks for name and password, of a user or of a new one. What was wanted is shown once the service has let the user in. */
export function LogInView(): View {
  const words = useWords();
  const { t } = words;
  const [isNew, setNew] = useState(false);
  const { isBusy, error, run } = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const given = { username: String(fields.get('username')), password: String(fields.get('password')) };
    run(() => (isNew ? register : logIn)(given));
  };
  const title = t(isNew ? 'login.register' : 'login.title');
  return html`<${PageHeading} title=${title} lead=${t(isNew ? 'login.registerLead' : 'login.lead')} />
    <form class="card log-in" aria-label=${title} onSubmit=${submit}>
      ${
        error &&
        html`<div class="note note-bad" role="alert"><p>${errorText(error, words)}</p>
          ${error.faults.map((fault) => html`<p><code>${fault.pointer}</code> ${faultText(fault, words)}</p>`)}</div>`
      }
      <label class="field"><span>${t('login.username')}</span>
        <input name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} required /></label>
      <label class="field"><span>${t('login.password')}</span>
        <input name="password" type="password" autocomplete=${isNew ? 'new-password' : 'current-password'} required /></label>
      <p class="tools"><button class="button button-main" disabled=${isBusy}>${t(isNew ? 'login.create' : 'login.submit')}</button>
        <button type="button" class="button button-quiet" onClick=${() => setNew(!isNew)}>${t(isNew ? 'login.known' : 'login.unknown')}</button></p>
    </form>
    ${!isNew && html`<${TokenLogIn} />`}`;
}
