import { changeQuery } from '../../frame/navigation.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { useWords } from '../../words/use_words.js';
import type { CitizenFilters } from '../api.js';

const FILTERS = ['name_prefix', 'town', 'gender', 'born_from', 'born_to'] as const;

/** The filters in the query of the address. */
export function filtersIn(query: PlaceQuery): CitizenFilters {
  return Object.fromEntries(FILTERS.flatMap((name) => (query[name] ? [[name, query[name]]] : [])));
}

/**
 * Filters become a step of the browser's history, so that Back restores the previous list. The fields have a default
 * value only: a controlled `value` would overwrite what is being typed whenever the data change.
 */
export function CitizensFilter({ query }: { query: PlaceQuery }): View {
  const { t } = useWords();
  const show = (values: Record<string, string>) => changeQuery({ ...values, cursor: '' }, { replaces: false });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    show(Object.fromEntries(FILTERS.map((name) => [name, String(given.get(name) ?? '').trim()])));
  };
  const clear = () => show(Object.fromEntries(FILTERS.map((name) => [name, ''])));
  const text = (name: (typeof FILTERS)[number], label: string, placeholder = '') =>
    html`<label class="field"><span>${label}</span>
      <input name=${name} defaultValue=${query[name] ?? ''} placeholder=${placeholder} autocomplete="off" /></label>`;
  const gender = (value: string, label: string) =>
    html`<option value=${value} selected=${query['gender'] === value}>${label}</option>`;
  return html`<form class="tools" role="search" aria-label=${t('citizens.filter')} onSubmit=${submit}
    key=${FILTERS.map((name) => query[name]).join('\n')}>
    ${text('name_prefix', t('citizens.namePrefix'))} ${text('town', t('field.town'))}
    <label class="field"><span>${t('field.gender')}</span>
      <select name="gender"><option value="">${t('citizens.any')}</option>
        ${gender('male', t('gender.male'))} ${gender('female', t('gender.female'))}</select></label>
    ${text('born_from', t('citizens.bornFrom'), t('citizens.dateForm'))}
    ${text('born_to', t('citizens.bornTo'), t('citizens.dateForm'))}
    <button class="button button-main">${t('citizens.apply')}</button>
    <button type="button" class="button" onClick=${clear}>${t('citizens.clear')}</button>
  </form>`;
}
