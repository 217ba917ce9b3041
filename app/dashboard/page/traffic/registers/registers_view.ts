import { PageHeading } from '../../frame/page_heading.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { readViolations, type Violation } from '../cases/api.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { readSpecialists } from './api.js';
import { SpecialistsCard } from './specialists_card.js';
import { UploadCard } from './upload_card.js';

function ViolationsTable({ violations }: { violations: readonly Violation[] }): View {
  const { t } = useTrafficWords();
  const columns: Column<Violation>[] = [
    { key: 'type', title: t('vote.violation'), isHeading: true, cell: ({ violation_type }) => violation_type },
    { key: 'fine', title: t('registers.fine'), isNumber: true, cell: ({ fine }) => fine },
    { key: 'id', title: 'id', cell: ({ id }) => html`<code>${id}</code>` },
  ];
  if (violations.length === 0) return html`<p class="muted">${t('registers.noViolations')}</p>`;
  return html`<${DataTable} caption=${t('registers.violations')} columns=${columns} rows=${violations}
    keyOf=${({ id }: Violation) => id} />`;
}

/** Registers and specialists, for managers. */
export function RegistersView(): View {
  const { t } = useTrafficWords();
  const violations = useLoaded(readViolations, []);
  const specialists = useLoaded(readSpecialists, []);
  return html`<${PageHeading} title=${t('registers.title')} lead=${t('registers.lead')} />
    <div class="cards">
      <${UploadCard} onStored=${violations.reload} />
      <${SpecialistsCard} loaded=${specialists} />
      <section class="card card-wide" aria-labelledby="violations-title">
        <h2 id="violations-title">${t('registers.violations')}</h2>
        <${LoadedView} loaded=${violations} render=${(rows: Violation[]) => html`<${ViolationsTable} violations=${rows} />`} />
      </section>
    </div>`;
}
