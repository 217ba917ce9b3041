import { ChartCard } from '../../charts/chart_card.js';
import { changeQuery } from '../../frame/navigation.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { DataTable } from '../../shared/data_table.js';
import { type Loaded, useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { RowPager } from '../../shared/pager.js';
import { useWords } from '../../words/use_words.js';
import type { Words } from '../../words/words.js';
import { type ImportInfo, readTowns, type TownPercentiles } from '../api.js';
import { townsChart } from './towns_chart.js';

/** The largest number of towns whose labels do not overlap in the chart. */
const TOWNS_ON_A_PAGE = 12;
const SORTS = ['town', 'p50', 'p75', 'p99'] as const;
type Sort = (typeof SORTS)[number];

/** The towns that match the search, in the chosen order. Numbers are sorted in descending order. */
function chooseTowns(towns: readonly TownPercentiles[], query: PlaceQuery, { language }: Words): TownPercentiles[] {
  const { town = '', sort } = query;
  const looked = town.toLocaleLowerCase(language);
  const found = towns.filter((row) => row.town.toLocaleLowerCase(language).includes(looked));
  const order = new Intl.Collator(language);
  const key = SORTS.find((known) => known === sort);
  if (key === undefined || key === 'town') return found.sort((a, b) => order.compare(a.town, b.town));
  return found.sort((a, b) => b[key] - a[key] || order.compare(a.town, b.town));
}

type TownsProps = { importId: number; query: PlaceQuery; towns: readonly TownPercentiles[]; words: Words };

function Towns({ importId, query, towns, words }: TownsProps): View {
  const { t, number } = words;
  const chosen = chooseTowns(towns, query, words);
  const pages = Math.max(1, Math.ceil(chosen.length / TOWNS_ON_A_PAGE));
  const page = Math.min(pages - 1, Math.max(0, Number(query['page'] ?? 1) - 1 || 0));
  const shown = chosen.slice(page * TOWNS_ON_A_PAGE, (page + 1) * TOWNS_ON_A_PAGE);
  const sort: Sort = SORTS.find((known) => known === query['sort']) ?? 'town';
  const columns = SORTS.map((key) => ({
    key,
    isHeading: key === 'town',
    isNumber: key !== 'town',
    sorted: sort !== key ? ('none' as const) : key === 'town' ? ('ascending' as const) : ('descending' as const),
    title: html`<button type="button" class="sort" title=${t('towns.sort', { column: key })}
      onClick=${() => changeQuery({ sort: key === 'town' ? '' : key, page: '' })}>
      ${key === 'town' ? t('towns.town') : key}
    </button>`,
    cell: (row: TownPercentiles) => (key === 'town' ? row.town : number(row[key])),
  }));
  const onSearch = ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
    changeQuery({ town: currentTarget.value, page: '' });
  return html`<${ChartCard} id="towns" isWide isTableOpen title=${t('towns.title')} lead=${t('towns.lead')}
    label=${t('towns.chart', { count: shown.length })}
    make=${townsChart(shown, words)} keys=${[JSON.stringify(shown)]} heightPx=${90 + shown.length * 30}
    fileName="import-${importId}-towns"
    csv=${() => ({ header: [...SORTS], rows: chosen.map((row) => SORTS.map((key) => row[key])) })}
    tools=${html`<div class="tools">
      <label class="field"><span>${t('towns.search')}</span>
        <input type="search" value=${query['town'] ?? ''} onInput=${onSearch} /></label>
      <p class="muted small">${t('towns.shown', { count: chosen.length })}</p>
    </div>`}
    table=${html`<${DataTable} caption=${t('towns.title')} columns=${columns} rows=${shown}
        keyOf=${(row: TownPercentiles) => row.town} />
      <${RowPager} what=${t('towns.title')} page=${page} pages=${pages}
        onPage=${(next: number) => changeQuery({ page: next === 0 ? '' : String(next + 1) })} />`} />`;
}

/** The towns of an import with the percentiles of their citizens' ages. */
export function TownsCard(props: { info: ImportInfo; revision: number; query: PlaceQuery }): View {
  const { info, revision, query } = props;
  const words = useWords();
  const importId = info.import_id;
  const loaded: Loaded<TownPercentiles[]> = useLoaded((signal) => readTowns(importId, signal), [importId, revision]);
  return html`<${LoadedView} loaded=${loaded} render=${(towns: TownPercentiles[]) =>
    html`<${Towns} importId=${importId} query=${query} towns=${towns} words=${words} />`} />`;
}
