import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { Card } from '../shared/facts.js';
import type { Waiting, WaitingLevel } from '../votes/api.js';
import { countText } from '../votes/why_none.js';
import { useTrafficWords } from '../words/use_traffic_words.js';

/** What open cases wait for, by the skill that they ask for. A skill that nobody has is named. */
export function WaitingCard({ waiting: { open, levels } }: { waiting: Waiting }): View {
  const { t, number } = useTrafficWords();
  const columns: Column<WaitingLevel>[] = [
    { key: 'level', title: t('specialists.skill'), isNumber: true, isHeading: true, cell: ({ level }) => level },
    { key: 'cases', title: t('statistics.cases'), isNumber: true, cell: ({ cases }) => countText(cases) },
    {
      key: 'specialists',
      title: t('specialists.title'),
      isNumber: true,
      cell: ({ specialists }) => countText(specialists),
    },
  ];
  const stuck = levels.filter(({ specialists }) => specialists === 0);
  return html`<${Card} id="waiting-title" title=${t('statistics.waiting')}>
    <p class="muted small">${t('statistics.waitingLead', { open: number(open) })}</p>
    ${stuck.map(
      ({ level, cases }) =>
        html`<p key=${level} class="note note-bad">${t('vote.whyNobody', { level, cases: countText(cases) })}</p>`,
    )}
    ${
      levels.length > 0 &&
      html`<${DataTable} caption=${t('statistics.waiting')} columns=${columns} rows=${levels}
        keyOf=${({ level }: WaitingLevel) => level} />`
    }
  </${Card}>`;
}
