import { changeQuery } from '../../frame/navigation.js';
import { type Children, html, type View } from '../../frame/view.js';
import { useLoaded } from '../../shared/loading.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { CASE_FILTERS, type CaseFilters, readViolations, STATUSES } from './api.js';

type Changed = { currentTarget: HTMLInputElement | HTMLSelectElement };

const NO_FILTERS = Object.fromEntries(CASE_FILTERS.map((name) => [name, '']));

/** Chooses which cases are listed; what is chosen is in the address. */
export function CasesFilter({ filters }: { filters: CaseFilters }): View {
  const { t } = useTrafficWords();
  const violations = useLoaded(readViolations, []).value ?? [];
  const onChange =
    (name: keyof CaseFilters) =>
    ({ currentTarget }: Changed) =>
      changeQuery({ [name]: currentTarget.value.trim(), cursor: '' });
  const select = (name: 'status' | 'violation', label: string, options: Children) =>
    html`<label class="field"><span>${label}</span>
      <select value=${filters[name]} onChange=${onChange(name)}><option value="">${t('cases.all')}</option>${options}</select>
    </label>`;
  const input = (name: keyof CaseFilters, label: string, type: 'search' | 'date') =>
    html`<label class="field"><span>${label}</span>
      <input type=${type} value=${filters[name]} onChange=${onChange(name)} autocomplete="off" spellcheck=${false} /></label>`;
  const isFiltered = CASE_FILTERS.some((name) => filters[name] !== '');
  // A kind that the register has lost is still what the address asks for.
  const isUnknown = filters.violation !== '' && !violations.some(({ id }) => id === filters.violation);
  return html`<form class="tools" aria-label=${t('cases.filter')} onSubmit=${(event: Event) => event.preventDefault()}>
    ${select(
      'status',
      t('cases.status'),
      STATUSES.map((each) => html`<option value=${each}>${t(`status.${each}`)}</option>`),
    )}
    ${select('violation', t('vote.violation'), [
      isUnknown && html`<option value=${filters.violation}>${filters.violation}</option>`,
      ...violations.map(({ id, violation_type }) => html`<option value=${id}>${violation_type}</option>`),
    ])}
    ${input('transport', t('vote.transport'), 'search')}
    ${input('camera', t('cases.cameraId'), 'search')}
    ${input('from', t('cases.from'), 'date')}
    ${input('to', t('cases.to'), 'date')}
    ${
      isFiltered &&
      html`<button type="button" class="button" onClick=${() => changeQuery({ ...NO_FILTERS, cursor: '' })}>
        ${t('cases.clear')}</button>`
    }
  </form>`;
}
