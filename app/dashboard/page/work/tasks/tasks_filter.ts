import { changeQuery } from '../../frame/navigation.js';
import { html, type View } from '../../frame/view.js';
import { useWorkWords } from '../words/use_work_words.js';
import { STATUSES, type TaskFilters } from './api.js';

/** Chooses which tasks are listed. `hasUser`: tasks of several users are. */
export function TasksFilter({ filters, hasUser }: { filters: TaskFilters; hasUser: boolean }): View {
  const { t } = useWorkWords();
  const { status = '', user = '' } = filters;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    changeQuery({ status: String(given.get('status')), user: String(given.get('user') ?? ''), offset: '' });
  };
  const onStatus = ({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
    changeQuery({ status: currentTarget.value, offset: '' });
  return html`<form class="tools" aria-label=${t('tasks.filter')} onSubmit=${submit}>
    <label class="field"><span>${t('tasks.status')}</span>
      <select name="status" value=${status} onChange=${onStatus}>
        <option value="">${t('tasks.anyStatus')}</option>
        ${STATUSES.map((each) => html`<option value=${each}>${t(`status.${each}`)}</option>`)}
      </select></label>
    ${
      hasUser &&
      html`<label class="field"><span>${t('tasks.user')}</span>
        <input name="user" defaultValue=${user} maxlength="150" autocomplete="off" autocapitalize="none" spellcheck=${false} /></label>
        <button class="button">${t('tasks.show')}</button>`
    }
    ${
      (status !== '' || user !== '') &&
      html`<button type="button" class="button" onClick=${() => changeQuery({ status: '', user: '', offset: '' })}>
        ${t('tasks.clear')}</button>`
    }
  </form>`;
}
