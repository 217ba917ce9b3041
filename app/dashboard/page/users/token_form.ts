import { useState } from 'preact/hooks';
import { html, type View } from '../frame/view.js';
import { errorText } from '../shared/notes.js';
import { ShownSecret } from '../shared/shown_secret.js';
import { useAction } from '../shared/use_action.js';
import { makeToken, type ShownToken } from './api.js';
import { useUserWords } from './words/use_user_words.js';

type TokenFormProps = {
  /** Whose token it is; the user's own when absent. */
  username?: string;
  label: string;
  onMade: () => void;
};

/** Makes a token and shows it once. */
export function TokenForm({ username, label, onMade }: TokenFormProps): View {
  const words = useUserWords();
  const { t } = words;
  const [made, setMade] = useState<ShownToken | undefined>();
  const { isBusy, error, run } = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const days = String(fields.get('days')).trim();
    run(async () => {
      setMade(
        await makeToken(username, { name: String(fields.get('name')), days: days === '' ? undefined : Number(days) }),
      );
      form.reset();
      onMade();
    });
  };
  return html`<form class="tools" aria-label=${label} onSubmit=${submit}>
      <label class="field"><span>${t('account.tokenName')}</span><input name="name" required maxlength="150" autocomplete="off" /></label>
      <label class="field"><span>${t('users.tokenDays')}</span>
        <input name="days" type="number" min="1" max="36500" placeholder=${t('account.tokenNever')} /></label>
      <button class="button" disabled=${isBusy}>${t('account.makeToken')}</button>
    </form>
    ${error && html`<p class="note note-bad" role="alert">${errorText(error, words)}</p>`}
    ${made && html`<${ShownSecret} key=${made.id} lead=${t('account.shown')} secret=${made.token} />`}`;
}
