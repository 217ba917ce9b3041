import { barsChart } from '../../charts/bars_chart.js';
import { ChartCard } from '../../charts/chart_card.js';
import { type AgeBin, binName, toBins } from '../../charts/histogram.js';
import { changeQuery } from '../../frame/navigation.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { DataTable } from '../../shared/data_table.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { useWords } from '../../words/use_words.js';
import type { Words } from '../../words/words.js';
import { type AgeCount, type ImportInfo, readAges } from '../api.js';

const WIDTHS = ['1', '5', '10'];
const DEFAULT_WIDTH = '5';

type AgesProps = { importId: number; ages: AgeCount[]; query: PlaceQuery; words: Words };

function Ages({ importId, ages, query, words }: AgesProps): View {
  const { t, number } = words;
  const width = WIDTHS.find((known) => known === query['width']) ?? DEFAULT_WIDTH;
  const bins = toBins(ages, Number(width));
  const largest = bins.reduce<AgeBin | undefined>(
    (best, bin) => (bin.citizens > (best?.citizens ?? 0) ? bin : best),
    undefined,
  );
  const columns = [
    { key: 'age', title: t('ages.age'), isHeading: true, cell: binName },
    { key: 'citizens', title: t('ages.citizens'), isNumber: true, cell: (bin: AgeBin) => number(bin.citizens) },
  ];
  const onWidth = ({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
    changeQuery({ width: currentTarget.value === DEFAULT_WIDTH ? '' : currentTarget.value });
  const bars = { names: bins.map(binName), values: bins.map(({ citizens }) => citizens) };
  return html`<${ChartCard} id="ages" title=${t('ages.title')} lead=${t('ages.lead')}
    label=${largest ? t('ages.chart', { group: binName(largest) }) : t('ages.chartEmpty')}
    make=${barsChart({ ...bars, what: t('ages.citizens') })}
    keys=${[JSON.stringify(bins)]} heightPx=${280} fileName="import-${importId}-ages"
    csv=${() => ({ header: ['age', 'citizens'], rows: ages.map(({ age, citizens }) => [age, citizens]) })}
    tools=${html`<div class="tools"><label class="field field-inline"><span>${t('ages.width')}</span>
      <select value=${width} onChange=${onWidth}>
        ${WIDTHS.map((each) => html`<option value=${each}>${each}</option>`)}
      </select></label></div>`}
    table=${html`<${DataTable} caption=${t('ages.title')} columns=${columns} rows=${bins}
      keyOf=${(bin: AgeBin) => bin.from} />`} />`;
}

/** Histogram of the citizens' ages. */
export function AgesCard(props: { info: ImportInfo; revision: number; query: PlaceQuery }): View {
  const { info, revision, query } = props;
  const words = useWords();
  const importId = info.import_id;
  const loaded = useLoaded((signal) => readAges(importId, signal), [importId, revision]);
  return html`<${LoadedView} loaded=${loaded} render=${(ages: AgeCount[]) =>
    html`<${Ages} importId=${importId} ages=${ages} query=${query} words=${words} />`} />`;
}
