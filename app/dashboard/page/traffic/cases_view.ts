import { changeQuery } from '../frame/navigation.js';
import { PageHeading } from '../frame/page_heading.js';
import type { PlaceQuery } from '../frame/place.js';
import { html, type View } from '../frame/view.js';
import { type Column, DataTable } from '../shared/data_table.js';
import { saveBlob } from '../shared/downloads.js';
import { useLoaded } from '../shared/loading.js';
import { ActionErrorNote, LoadedView } from '../shared/notes.js';
import { useAction } from '../shared/use_action.js';
import { type Case, type Page, readCases, readConvicted, STATUSES } from './api.js';
import { caseHash } from './place.js';
import { StatusBadge } from './status_badge.js';
import { useTrafficWords } from './words/use_traffic_words.js';

function CasesTable({ page }: { page: Page<Case> }): View {
  const { t, dateTime } = useTrafficWords();
  const columns: Column<Case>[] = [
    {
      key: 'transport',
      title: t('vote.transport'),
      isHeading: true,
      cell: ({ case_id, transport }) => html`<a href=${caseHash(case_id)}>${transport}</a>`,
    },
    { key: 'time', title: t('vote.time'), cell: ({ timestamp }) => dateTime(timestamp) },
    { key: 'value', title: t('vote.value'), cell: ({ violation_value }) => violation_value },
    {
      key: 'status',
      title: t('cases.status'),
      cell: ({ status }) => html`<${StatusBadge} status=${status} />`,
    },
    { key: 'level', title: t('cases.level'), isNumber: true, cell: ({ skill_value }) => skill_value },
    {
      key: 'owner',
      title: t('cases.owner'),
      cell: ({ owner }) => [owner?.phone_number, owner?.email].filter(Boolean).join(', '),
    },
  ];
  if (page.data.length === 0) return html`<p class="muted">${t('cases.none')}</p>`;
  return html`<${DataTable} caption=${t('cases.title')} columns=${columns} rows=${page.data}
    keyOf=${({ case_id }: Case) => case_id} />`;
}

/** All cases, for managers. */
export function CasesView({ query }: { query: PlaceQuery }): View {
  const { t } = useTrafficWords();
  const { status = '', transport = '', cursor = '' } = query;
  const loaded = useLoaded((signal) => readCases({ status, transport, cursor }, signal), [status, transport, cursor]);
  const { isBusy, error, run } = useAction();
  const save = () => run(async () => saveBlob(await readConvicted(), 'convicted.xlsx'));
  return html`<${PageHeading} title=${t('cases.title')} lead=${t('cases.lead')}>
      <button type="button" class="button" disabled=${isBusy} onClick=${save}>${t('registers.convicted')}</button>
    </${PageHeading}>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <form class="tools" aria-label=${t('cases.title')} onSubmit=${(event: Event) => event.preventDefault()}>
      <label class="field"><span>${t('cases.status')}</span>
        <select value=${status} onChange=${({ currentTarget }: Event) =>
          changeQuery({ status: (currentTarget as HTMLSelectElement).value, cursor: '' })}>
          <option value="">${t('cases.all')}</option>
          ${STATUSES.map((each) => html`<option value=${each}>${t(`status.${each}`)}</option>`)}
        </select></label>
      <label class="field"><span>${t('vote.transport')}</span>
        <input type="search" value=${transport} onChange=${({ currentTarget }: Event) =>
          changeQuery({ transport: (currentTarget as HTMLInputElement).value.trim(), cursor: '' })} /></label>
    </form>
    <${LoadedView} loaded=${loaded} render=${(page: Page<Case>) => html`<${CasesTable} page=${page} />
      <p class="tools">
        ${
          cursor !== '' &&
          html`<button type="button" class="button button-quiet"
          onClick=${() => changeQuery({ cursor: '' })}>${t('cases.first')}</button>`
        }
        ${
          page.next_cursor !== null &&
          html`<button type="button" class="button button-quiet"
          onClick=${() => changeQuery({ cursor: page.next_cursor ?? '' }, { replaces: false })}>${t('cases.next')}</button>`
        }
      </p>`} />`;
}
