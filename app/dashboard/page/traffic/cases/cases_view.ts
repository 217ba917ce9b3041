import { PageHeading } from '../../frame/page_heading.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { CASES_HASH, caseHash } from '../place.js';
import type { Page } from '../shared/api.js';
import { CursorPager } from '../shared/cursor_pager.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { CASE_FILTERS, type Case, type CaseFilters, readCases } from './api.js';
import { CaseTabs } from './case_tabs.js';
import { CasesFilter } from './cases_filter.js';
import { ConvictedCard } from './convicted_card.js';
import { StatusBadge } from './status_badge.js';

function CasesTable({ cases }: { cases: readonly Case[] }): View {
  const { t, dateTime } = useTrafficWords();
  const columns: Column<Case>[] = [
    {
      key: 'transport',
      title: t('vote.transport'),
      isHeading: true,
      cell: ({ case_id, transport }) => html`<a href=${caseHash(case_id)}>${transport}</a>`,
    },
    {
      key: 'time',
      title: t('vote.time'),
      cell: ({ timestamp }) => html`<span class="nowrap">${dateTime(timestamp)}</span>`,
    },
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
  if (cases.length === 0) return html`<p class="muted">${t('cases.none')}</p>`;
  return html`<${DataTable} caption=${t('cases.title')} columns=${columns} rows=${cases}
    keyOf=${({ case_id }: Case) => case_id} />`;
}

function readFilters(query: PlaceQuery): CaseFilters {
  return Object.fromEntries(CASE_FILTERS.map((name) => [name, query[name] ?? ''])) as CaseFilters;
}

/** All cases, for managers. */
export function CasesView({ query }: { query: PlaceQuery }): View {
  const { t } = useTrafficWords();
  const filters = readFilters(query);
  const { cursor = '' } = query;
  const loaded = useLoaded((signal) => readCases(filters, cursor, signal), [JSON.stringify(filters), cursor]);
  return html`<${PageHeading} title=${t('cases.title')} lead=${t('cases.lead')} />
    <${CaseTabs} current=${CASES_HASH} />
    <section class="card" aria-label=${t('cases.title')}>
      <${CasesFilter} filters=${filters} />
      <${LoadedView} loaded=${loaded} render=${(page: Page<Case>) => html`<${CasesTable} cases=${page.data} />
        <${CursorPager} cursor=${cursor} next=${page.next_cursor} words=${{ first: t('cases.first'), next: t('cases.next') }} />`} />
    </section>
    <${ConvictedCard} />`;
}
