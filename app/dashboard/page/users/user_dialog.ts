import { useState } from 'preact/hooks';
import { useDialog } from '../frame/use_dialog.js';
import { html, type View } from '../frame/view.js';
import { errorText } from '../shared/notes.js';
import { useAction } from '../shared/use_action.js';
import { changeUser, removeUser, type User } from './api.js';
import { RoleBoxes, readRoles } from './role_boxes.js';
import { TokenForm } from './token_form.js';
import { useUserWords } from './words/use_user_words.js';

/** `hasChanged`: the list is another one now. */
type UserDialogProps = { user: User; onEnd: (hasChanged: boolean) => void };

/** Changes what a user may do, makes tokens for it, or removes it. */
export function UserDialog({ user, onEnd }: UserDialogProps): View {
  const words = useUserWords();
  const { t } = words;
  const name = user.username;
  const { element, close, done, onClose } = useDialog(onEnd);
  const [isSure, setSure] = useState(false);
  const { isBusy, error, run } = useAction();

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    run(async () => {
      await changeUser(name, { roles: readRoles(fields), enabled: fields.has('enabled') });
      done(t('users.saved', { name }));
    });
  };
  const remove = () =>
    run(async () => {
      await removeUser(name);
      done(t('users.removed', { name }));
    });
  return html`<dialog ref=${element} aria-labelledby="user-title" onClose=${onClose}>
    <h2 id="user-title">${t('users.changing', { name })}</h2>
    ${error && html`<p class="note note-bad" role="alert">${errorText(error, words)}</p>`}
    <form class="user-form" aria-labelledby="user-title" onSubmit=${submit}>
      <${RoleBoxes} roles=${user.roles} />
      <label class="check"><input type="checkbox" name="enabled" defaultChecked=${user.enabled} />
        <span>${t('users.isEnabled')}</span></label>
      <p class="tools"><button class="button button-main" disabled=${isBusy}>${t('users.save')}</button>
        <button type="button" class="button" onClick=${close}>${t('users.cancel')}</button></p>
    </form>
    <details><summary>${t('users.token')}</summary>
      <p class="muted small">${t('users.tokenLead', { name })}</p>
      <${TokenForm} username=${name} label=${t('users.tokenOf', { name })} onMade=${() => {}} /></details>
    ${
      isSure
        ? html`<div class="note note-bad"><p>${t('users.removeSure', { name })}</p>
          <p class="tools"><button type="button" class="button button-bad" disabled=${isBusy} onClick=${remove}>${t('users.removeYes')}</button>
            <button type="button" class="button" onClick=${() => setSure(false)}>${t('users.cancel')}</button></p></div>`
        : html`<p><button type="button" class="button button-quiet" onClick=${() => setSure(true)}>${t('users.remove')}</button></p>`
    }
  </dialog>`;
}
