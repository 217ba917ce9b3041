import { useState } from 'preact/hooks';
import { announce } from '../frame/announcer.js';
import { PageHeading } from '../frame/page_heading.js';
import { html, type View } from '../frame/view.js';
import { type Column, DataTable } from '../shared/data_table.js';
import { type Loaded, useLoaded } from '../shared/loading.js';
import { ActionErrorNote, faultText, LoadedView } from '../shared/notes.js';
import { useAction } from '../shared/use_action.js';
import {
  type Page,
  readSpecialists,
  readViolations,
  type Specialist,
  TABLES,
  type Table,
  type UploadOutcome,
  uploadTable,
  type Violation,
  verify,
} from './api.js';
import { useTrafficWords } from './words/use_traffic_words.js';

/** Faults that are shown; the number says how many there are. */
const MAX_SHOWN_FAULTS = 100;

type RowFault = UploadOutcome['errors'][number];

function Outcome({ outcome, isDryRun }: { outcome: UploadOutcome; isDryRun: boolean }): View {
  const words = useTrafficWords();
  const { t } = words;
  const { added, updated, invalid, errors, errorCount = errors.length } = outcome;
  const columns: Column<RowFault>[] = [
    { key: 'row', title: t('registers.row'), isNumber: true, isHeading: true, cell: ({ row }) => row },
    { key: 'column', title: t('registers.column'), cell: ({ column }) => column },
    { key: 'fault', title: t('registers.fault'), cell: (fault) => faultText({ ...fault, pointer: '' }, words) },
  ];
  const counts = { added, updated: updated.length, errors: errorCount };
  return html`<div role="status">
    <p class=${`note ${errorCount === 0 ? 'note-good' : 'note-bad'}`}>
      ${t(isDryRun ? 'registers.dryOutcome' : 'registers.outcome', counts)}</p>
    ${invalid.length > 0 && html`<p>${t('registers.unknown', { columns: invalid.join(', ') })}</p>`}
    ${
      errors.length > 0 &&
      html`<${DataTable} caption=${t('registers.faults')} columns=${columns} rows=${errors.slice(0, MAX_SHOWN_FAULTS)}
        keyOf=${({ row, column }: RowFault) => `${row} ${column}`} />`
    }
  </div>`;
}

function UploadCard({ onStored }: { onStored: () => void }): View {
  const { t } = useTrafficWords();
  const [done, setDone] = useState<{ outcome: UploadOutcome; isDryRun: boolean } | undefined>();
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
  return html`<form class="card card-wide" aria-labelledby="upload-title" onSubmit=${submit}>
    <div><h2 id="upload-title">${t('registers.upload')}</h2><p class="muted small">${t('registers.uploadLead')}</p></div>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    ${done && html`<${Outcome} ...${done} />`}
    <label class="field"><span>${t('registers.table')}</span>
      <select name="table">${TABLES.map((each) => html`<option value=${each}>${t(`table.${each}`)}</option>`)}</select></label>
    <label class="field"><span>${t('registers.file')}</span>
      <input name="file" type="file" accept=".xlsx,.csv" required /></label>
    <label class="check"><input name="dryRun" type="checkbox" /> ${t('registers.dryRun')}</label>
    <p class="tools"><button class="button" disabled=${isBusy}>${t('registers.send')}</button></p>
  </form>`;
}

function SpecialistsCard({ loaded }: { loaded: Loaded<Page<Specialist>> }): View {
  const { t } = useTrafficWords();
  const { isBusy, error, run } = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const name = String(new FormData(form).get('name'));
    run(async () => {
      await verify(name);
      announce(t('specialists.verified', { name }));
      form.reset();
      loaded.reload();
    });
  };
  const number = (key: 'skill' | 'wallet' | 'votes' | 'right' | 'wrong'): Column<Specialist> => ({
    key,
    title: t(`specialists.${key}`),
    isNumber: true,
    cell: (row) => row[key],
  });
  const columns: Column<Specialist>[] = [
    { key: 'name', title: t('specialists.name'), isHeading: true, cell: ({ username }) => username },
    ...(['skill', 'wallet', 'votes', 'right', 'wrong'] as const).map(number),
    {
      key: 'agreement',
      title: t('specialists.agreement'),
      isNumber: true,
      cell: ({ agreement }) => (agreement === null ? '' : `${Math.round(agreement * 100)} %`),
    },
  ];
  const table = ({ data }: Page<Specialist>) =>
    html`<${DataTable} caption=${t('specialists.title')} columns=${columns} rows=${data}
      keyOf=${({ username }: Specialist) => username} />`;
  return html`<section class="card card-wide" aria-labelledby="specialists-title">
    <h2 id="specialists-title">${t('specialists.title')}</h2>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <${LoadedView} loaded=${loaded} render=${table} />
    <form class="tools" aria-label=${t('specialists.verify')} onSubmit=${submit}>
      <label class="field"><span>${t('specialists.name')}</span><input name="name" required maxlength="150" /></label>
      <button class="button" disabled=${isBusy}>${t('specialists.verify')}</button>
    </form>
  </section>`;
}

/** Registers and specialists, for managers. */
export function RegistersView(): View {
  const { t } = useTrafficWords();
  const violations = useLoaded(readViolations, []);
  const specialists = useLoaded(readSpecialists, []);
  const columns: Column<Violation>[] = [
    { key: 'type', title: t('vote.violation'), isHeading: true, cell: ({ violation_type }) => violation_type },
    { key: 'fine', title: t('registers.fine'), isNumber: true, cell: ({ fine }) => fine },
    { key: 'id', title: 'id', cell: ({ id }) => html`<code>${id}</code>` },
  ];
  const table = ({ data }: Page<Violation>) =>
    html`<${DataTable} caption=${t('registers.violations')} columns=${columns} rows=${data}
      keyOf=${({ id }: Violation) => id} />`;
  return html`<${PageHeading} title=${t('registers.title')} lead=${t('registers.lead')} />
    <div class="cards">
      <${UploadCard} onStored=${violations.reload} />
      <${SpecialistsCard} loaded=${specialists} />
      <section class="card card-wide" aria-labelledby="violations-title">
        <h2 id="violations-title">${t('registers.violations')}</h2>
        <${LoadedView} loaded=${violations} render=${table} />
      </section>
    </div>`;
}
