import { html, type View } from '../frame/view.js';
import { ROLES, type Role } from './api.js';
import { useUserWords } from './words/use_user_words.js';

/** A box to tick for each role; they are the values of `roles` in the form. */
export function RoleBoxes({ roles }: { roles: readonly Role[] }): View {
  const { t } = useUserWords();
  return html`<fieldset class="roles"><legend>${t('users.roles')}</legend>
    ${ROLES.map(
      (role) => html`<label class="check" key=${role}>
        <input type="checkbox" name="roles" value=${role} defaultChecked=${roles.includes(role)} /><span>${t(`role.${role}`)}</span>
      </label>`,
    )}</fieldset>`;
}

export function readRoles(fields: FormData): Role[] {
  const given = fields.getAll('roles');
  return ROLES.filter((role) => given.includes(role));
}
