import { barsChart } from '../../charts/bars_chart.js';
import { ChartCard } from '../../charts/chart_card.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import type { Specialist } from '../votes/api.js';
import { useTrafficWords } from '../words/use_traffic_words.js';

/** Bars that can be read. */
const MAX_DRAWN = 20;
const HEIGHT_PX = 260;

type Agreeing = Specialist & { agreement: number };

type AgreementCardProps = { agreement: number | null; specialists: readonly Specialist[] };

/** How often specialists say what others say of the same case. The lowest come first: they are to be talked to. */
export function AgreementCard({ agreement, specialists }: AgreementCardProps): View {
  const { t, number } = useTrafficWords();
  const title = t('statistics.agreement');
  const voted = specialists
    .filter((each): each is Agreeing => each.agreement !== null)
    .sort((a, b) => a.agreement - b.agreement);
  const percent = (share: number) => Math.round(share * 100);
  const columns: Column<Agreeing>[] = [
    { key: 'name', title: t('specialists.name'), isHeading: true, cell: ({ username }) => username },
    {
      key: 'agreement',
      title: t('statistics.percent'),
      isNumber: true,
      cell: (each) => number(percent(each.agreement)),
    },
    { key: 'votes', title: t('specialists.votes'), isNumber: true, cell: ({ votes }) => number(votes) },
  ];
  const drawn = voted.slice(0, MAX_DRAWN);
  const bars = {
    names: drawn.map(({ username }) => username),
    values: drawn.map((each) => percent(each.agreement)),
    what: t('statistics.percent'),
  };
  const all =
    agreement === null ? t('statistics.noPairs') : t('statistics.agreementOf', { percent: percent(agreement) });
  return html`<${ChartCard} id="agreement" title=${title} lead=${all} heightPx=${HEIGHT_PX}
    label=${`${title}. ${all}`} make=${barsChart(bars)} keys=${[JSON.stringify(bars)]} fileName="agreement"
    csv=${() => ({
      header: ['username', 'agreement', 'votes'],
      rows: voted.map((each) => [each.username, each.agreement, each.votes]),
    })}
    table=${html`<${DataTable} caption=${title} columns=${columns} rows=${voted}
      keyOf=${({ username }: Agreeing) => username} />`} />`;
}
