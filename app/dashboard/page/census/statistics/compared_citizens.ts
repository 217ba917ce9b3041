import { changeQuery } from '../../frame/navigation.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { DataTable } from '../../shared/data_table.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { Pager } from '../../shared/pager.js';
import { useWords } from '../../words/use_words.js';
import type { Words } from '../../words/words.js';
import {
  type ComparedCitizen,
  type Comparison,
  type ComparisonKind,
  type Page,
  type Pair,
  readCompared,
  readComparison,
} from '../api.js';
import { differences, toDraft } from '../citizens/citizen_draft.js';

const KINDS: readonly ComparisonKind[] = ['came', 'went', 'changed'];

function describe(row: ComparedCitizen, { t }: Words): View {
  if (!('before' in row)) {
    return html`${row.name}<span class="muted"> · ${row.town} · ${row.birth_date}</span>`;
  }
  const [before, after] = [toDraft(row.before), toDraft(row.after)];
  return html`${row.after.name}<ul class="changes">${differences(before, after).map(
    (field) =>
      html`<li><span class="muted">${t(`field.${field}`)}:</span> <del>${before[field]}</del> → <ins>${after[field]}</ins></li>`,
  )}</ul>`;
}

type ComparedProps = { pair: Pair; query: PlaceQuery };

function ComparedList({ pair, kind, query }: ComparedProps & { kind: ComparisonKind }): View {
  const words = useWords();
  const { t } = words;
  const cursor = query['cursor'];
  const loaded = useLoaded((signal) => readCompared(pair, { kind, cursor }, signal), [...pair, kind, cursor]);
  const columns = [
    { key: 'id', title: t('field.citizen_id'), isNumber: true, cell: (row: ComparedCitizen) => row.citizen_id },
    { key: 'what', title: t('field.name'), cell: (row: ComparedCitizen) => describe(row, words) },
  ];
  const go = (next: string) => changeQuery({ cursor: next }, { replaces: false });
  return html`<${LoadedView} loaded=${loaded} render=${({ data, next_cursor: next }: Page<ComparedCitizen>) => html`
    <${DataTable} caption=${t(`compare.${kind}`)} columns=${columns} rows=${data}
      keyOf=${(row: ComparedCitizen) => row.citizen_id} />
    <${Pager} what=${t(`compare.${kind}`)} where="" onFirst=${cursor ? () => go('') : undefined}
      onPrevious=${cursor ? () => history.back() : undefined} onNext=${next === null ? undefined : () => go(next)} />`} />`;
}

/** The number of citizens that came, went and changed, and a list of them. */
export function ComparedCitizens({ pair, query }: ComparedProps): View {
  const { t, number } = useWords();
  const kind = KINDS.find((known) => known === query['kind']);
  const loaded = useLoaded((signal) => readComparison(pair, signal), [...pair]);
  return html`<section class="card" aria-label=${t('citizens.title')}>
    <${LoadedView} loaded=${loaded} render=${(comparison: Comparison) => html`<div class="counts">
      ${KINDS.map(
        (each) => html`<button type="button" class="count" aria-pressed=${kind === each}
          onClick=${() => changeQuery({ kind: each, cursor: '' })}>
          <strong>${number(comparison[each])}</strong><span>${t(`compare.${each}`)}</span></button>`,
      )}</div>`} />
    ${kind && html`<${ComparedList} key=${kind} pair=${pair} kind=${kind} query=${query} />`}
  </section>`;
}
