import { announce } from '../frame/announcer.js';
import { html, type View } from '../frame/view.js';
import { errorText, faultText } from '../shared/notes.js';
import { useAction } from '../shared/use_action.js';
import { addUser } from './api.js';
import { RoleBoxes, readRoles } from './role_boxes.js';
import { useUserWords } from './words/use_user_words.js';

/** The form that adds a user. */
export function NewUser({ onAdded }: { onAdded: () => void }): View {
  const words = useUserWords();
  const { t } = words;
  const { isBusy, error, run } = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const [username, password] = [String(fields.get('username')), String(fields.get('password'))];
    run(async () => {
      await addUser({ username, roles: readRoles(fields), ...(password !== '' && { password }) });
      form.reset();
      announce(t('users.added', { name: username }));
      onAdded();
    });
  };
  return html`<details class="card"><summary><h2>${t('users.new')}</h2></summary>
    <form class="user-form" aria-label=${t('users.new')} onSubmit=${submit}>
      ${
        error &&
        html`<div class="note note-bad" role="alert"><p>${errorText(error, words)}</p>
        ${error.faults.map((fault) => html`<p><code>${fault.pointer}</code> ${faultText(fault, words)}</p>`)}</div>`
      }
      <div class="tools">
        <label class="field"><span>${t('users.name')}</span>
          <input name="username" required maxlength="150" autocomplete="off" autocapitalize="none" spellcheck=${false} /></label>
        <label class="field"><span>${t('users.password')}</span>
          <input name="password" type="password" autocomplete="new-password" aria-describedby="new-password-hint" /></label>
      </div>
      <p class="muted small" id="new-password-hint">${t('users.passwordHint')}</p>
      <${RoleBoxes} roles=${['user']} />
      <p class="tools"><button class="button button-main" disabled=${isBusy}>${t('users.add')}</button></p>
    </form></details>`;
}
