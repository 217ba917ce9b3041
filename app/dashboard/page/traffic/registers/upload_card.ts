import { useState } from 'preact/hooks';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { saveCsv } from '../../shared/downloads.js';
import { ActionErrorNote, faultText } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { type RowFault, TABLES, type Table, type UploadOutcome, uploadTable } from './api.js';

/** Faults that are shown; the number says how many there are, and the file has all that the service names. */
const MAX_SHOWN_FAULTS = 100;

type Done = { outcome: UploadOutcome; isDryRun: boolean };

function FaultsTable({ faults }: { faults: readonly RowFault[] }): View {
  const words = useTrafficWords();
  const { t, language } = words;
  const tell = (fault: RowFault) => faultText({ ...fault, pointer: '' }, words);
  const columns: Column<RowFault>[] = [
    { key: 'row', title: t('registers.row'), isNumber: true, isHeading: true, cell: ({ row }) => row },
    { key: 'column', title: t('registers.column'), cell: ({ column }) => column },
    { key: 'fault', title: t('registers.fault'), cell: tell },
  ];
  const save = () => {
    const header = [t('registers.row'), t('registers.column'), t('registers.fault')];
    saveCsv({ header, rows: faults.map((each) => [each.row, each.column, tell(each)]) }, 'faults', language);
  };
  return html`<${DataTable} caption=${t('registers.faults')} columns=${columns} rows=${faults.slice(0, MAX_SHOWN_FAULTS)}
      keyOf=${({ row, column }: RowFault) => `${row} ${column}`} />
    <p class="tools"><button type="button" class="button button-quiet" onClick=${save}>${t('registers.faultsCsv')}</button></p>`;
}

function Outcome({ outcome, isDryRun }: Done): View {
  const { t } = useTrafficWords();
  const { added, updated, invalid, errors, errorCount = errors.length } = outcome;
  const counts = { added, updated: updated.length, errors: errorCount };
  return html`<div class="outcome"><div role="status">
      <p class=${`note ${errorCount === 0 ? 'note-good' : 'note-bad'}`}>
        ${t(isDryRun ? 'registers.dryOutcome' : 'registers.outcome', counts)}</p>
      ${invalid.length > 0 && html`<p>${t('registers.unknown', { columns: invalid.join(', ') })}</p>`}
    </div>
    ${errors.length > 0 && html`<${FaultsTable} faults=${errors} />`}
  </div>`;
}

/** Imports a spreadsheet into a register, or checks it only. */
export function UploadCard({ onStored }: { onStored: () => void }): View {
  const { t } = useTrafficWords();
  const [done, setDone] = useState<Done | undefined>();
  const { isBusy, error, run } = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const isDryRun = fields.has('dryRun');
    setDone(undefined);
    run(async () => {
      const outcome = await uploadTable(fields.get('table') as Table, fields.get('file') as File, isDryRun);
      setDone({ outcome, isDryRun });
      if (!isDryRun) onStored();
    });
  };
  return html`<form class="card card-wide" aria-labelledby="upload-title" aria-busy=${isBusy} onSubmit=${submit}>
    <div><h2 id="upload-title">${t('registers.upload')}</h2><p class="muted small">${t('registers.uploadLead')}</p></div>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    ${done && html`<${Outcome} ...${done} />`}
    <div class="tools">
      <label class="field"><span>${t('registers.table')}</span>
        <select name="table">${TABLES.map((each) => html`<option value=${each}>${t(`table.${each}`)}</option>`)}</select></label>
      <label class="field"><span>${t('registers.file')}</span>
        <input name="file" type="file" accept=".xlsx,.csv" required /></label>
      <label class="check"><input name="dryRun" type="checkbox" /> ${t('registers.dryRun')}</label>
      <button class="button" disabled=${isBusy}>${t('registers.send')}</button>
    </div>
  </form>`;
}
