import { useState } from 'preact/hooks';
import { PageHeading } from '../frame/page_heading.js';
import { html, type View } from '../frame/view.js';
import { type ApiError, ask } from '../shared/http_client.js';
import { toShownError } from '../shared/loading.js';
import { errorText } from '../shared/notes.js';
import { useWords } from '../words/use_words.js';
import { beginSession } from './session.js';

/** Asks for name and password. What was wanted is shown once the service has let the user in. */
export function LogInView(): View {
  const words = useWords();
  const { t } = words;
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const [isSending, setSending] = useState(false);

  async function submit(event: Event & { currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const [username, password] = [String(fields.get('username')), String(fields.get('password'))];
    setSending(true);
    try {
      const { body } = await ask<{ token: string }>('/api-token-auth/', {
        method: 'POST',
        body: { username, password },
      });
      beginSession(username, body.token);
    } catch (reason) {
      setError(toShownError(reason));
      setSending(false);
    }
  }

  return html`<${PageHeading} title=${t('login.title')} lead=${t('login.lead')} />
    <form class="card log-in" aria-label=${t('login.title')} onSubmit=${submit}>
      ${error && html`<p class="note note-bad" role="alert">${errorText(error, words)}</p>`}
      <label class="field"><span>${t('login.username')}</span>
        <input name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} required /></label>
      <label class="field"><span>${t('login.password')}</span>
        <input name="password" type="password" autocomplete="current-password" required /></label>
      <p class="tools"><button class="button button-main" disabled=${isSending}>${t('login.submit')}</button></p>
    </form>`;
}
