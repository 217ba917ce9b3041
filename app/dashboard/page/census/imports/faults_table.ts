import { useState } from 'preact/hooks';
import { html, type View } from '../../frame/view.js';
import { DataTable } from '../../shared/data_table.js';
import { saveCsv } from '../../shared/downloads.js';
import type { Fault } from '../../shared/http_client.js';
import { faultText } from '../../shared/notes.js';
import { RowPager } from '../../shared/pager.js';
import { useWords } from '../../words/use_words.js';

const FAULTS_ON_A_PAGE = 20;

/** Codes with their number of occurrences, in descending order. */
function countCodes(faults: readonly Fault[]): [code: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { code } of faults) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** The faults of a file, in pages, optionally of one code only. */
export function FaultsTable({ faults, fileName }: { faults: readonly Fault[]; fileName: string }): View {
  const words = useWords();
  const { t, number } = words;
  const [code, setCode] = useState('');
  const [page, setPage] = useState(0);
  const chosen = code === '' ? faults : faults.filter((fault) => fault.code === code);
  const pages = Math.ceil(chosen.length / FAULTS_ON_A_PAGE);
  const shown = chosen.slice(page * FAULTS_ON_A_PAGE, (page + 1) * FAULTS_ON_A_PAGE);
  const hasLines = faults.some(({ line }) => line !== undefined);
  const columns = [
    {
      key: 'line',
      title: t('faults.line'),
      isNumber: true,
      cell: ({ line }: Fault) => (line === undefined ? '' : number(line)),
    },
    { key: 'where', title: t('faults.where'), cell: ({ pointer }: Fault) => html`<code>${pointer}</code>` },
    {
      key: 'what',
      title: t('faults.what'),
      cell: (fault: Fault) =>
        html`${faultText(fault, words)}${
          fault.peer && html`<span class="muted small"> ${t('faults.peer', { pointer: fault.peer })}</span>`
        }`,
    },
  ].filter(({ key }) => hasLines || key !== 'line');
  const choose = ({ currentTarget }: { currentTarget: HTMLSelectElement }) => {
    setCode(currentTarget.value);
    setPage(0);
  };
  const csv = () => ({
    header: ['line', 'pointer', 'code', 'detail', 'peer'],
    rows: faults.map((fault) => [fault.line, fault.pointer, fault.code, fault.detail, fault.peer]),
  });
  return html`<section aria-labelledby="faults-title">
    <header class="card-head"><h3 id="faults-title">${t('faults.title')}</h3>
      <button type="button" class="button button-quiet" onClick=${() => saveCsv(csv(), fileName, words.language)}>${t('faults.csv')}</button>
    </header>
    <div class="tools"><label class="field field-inline"><span>${t('faults.filter')}</span>
      <select value=${code} onChange=${choose}>
        <option value="">${t('faults.all', { count: faults.length })}</option>
        ${countCodes(faults).map(
          ([each, count]) =>
            html`<option value=${each}>${words.tell('fault', each) ?? each} (${number(count)})</option>`,
        )}
      </select></label></div>
    <${DataTable} caption=${t('faults.title')} columns=${columns} rows=${shown}
      keyOf=${(fault: Fault) => `${fault.pointer} ${fault.code} ${fault.line}`} />
    <${RowPager} what=${t('faults.title')} page=${page} pages=${pages} onPage=${setPage} />
  </section>`;
}
