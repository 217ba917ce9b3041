import { PageHeading } from '../../frame/page_heading.js';
import { html, type View } from '../../frame/view.js';
import { useLoaded, useReloads } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { readCameras } from '../cameras/api.js';
import { type CaseStatus, readViolations, STATUSES } from '../cases/api.js';
import { CaseTabs } from '../cases/case_tabs.js';
import { STATISTICS_HASH } from '../place.js';
import { readSpecialists } from '../registers/api.js';
import { readWaiting } from '../votes/api.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { AgreementCard } from './agreement_card.js';
import { readCounts, readVoteStatistics } from './api.js';
import { lastDays, topCounts } from './counts.js';
import { CountsCard } from './counts_card.js';
import { DecisionsCard } from './decisions_card.js';
import { WaitingCard } from './waiting_card.js';

const RELOAD_MS = 30_000;
/** Bars that can be read. */
const MAX_BARS = 12;
const MAX_DAYS = 31;
const SHORT_ID = 8;

async function readAll(signal: AbortSignal) {
  const [byStatus, byViolation, byCamera, byDay, votes, waiting, specialists, violations, cameras] = await Promise.all([
    readCounts('status', signal),
    readCounts('violation', signal),
    readCounts('camera', signal),
    readCounts('day', signal),
    readVoteStatistics(signal),
    readWaiting(signal),
    readSpecialists(signal),
    readViolations(signal),
    readCameras({ type: '', cursor: '' }, signal),
  ]);
  const violationOf = new Map(violations.map((each) => [each.id, each.violation_type]));
  const cameraOf = new Map(cameras.data.map((each) => [each.id, each.description]));
  return { byStatus, byViolation, byCamera, byDay, votes, waiting, specialists, violationOf, cameraOf };
}

type All = Awaited<ReturnType<typeof readAll>>;

function Cards({ all }: { all: All }): View {
  const { t } = useTrafficWords();
  const { byStatus, byViolation, byCamera, byDay, votes, waiting, specialists, violationOf, cameraOf } = all;
  if (byDay.length === 0) return html`<p class="note">${t('statistics.none')}</p>`;
  const statusOrder = (key: string) => STATUSES.indexOf(key as CaseStatus);
  const statuses = [...byStatus].sort((a, b) => statusOrder(a.key) - statusOrder(b.key));
  const violations = topCounts(byViolation, byViolation.length);
  const cameras = topCounts(byCamera, byCamera.length);
  return html`<div class="cards">
    <${CountsCard} kind="day" isWide=${true} counts=${[...byDay].reverse()} drawn=${lastDays(byDay, MAX_DAYS)}
      nameOf=${(key: string) => key} />
    <${CountsCard} kind="status" counts=${statuses} drawn=${statuses}
      nameOf=${(key: string) => t(`status.${key as CaseStatus}`)} />
    <${CountsCard} kind="violation" counts=${violations} drawn=${violations.slice(0, MAX_BARS)}
      nameOf=${(key: string) => violationOf.get(key) ?? key.slice(0, SHORT_ID)} />
    <${CountsCard} kind="camera" counts=${cameras} drawn=${cameras.slice(0, MAX_BARS)}
      nameOf=${(key: string) => cameraOf.get(key) || key.slice(0, SHORT_ID)} />
    <${AgreementCard} agreement=${votes.agreement} specialists=${specialists} />
    <${DecisionsCard} decisions=${votes.decisions} />
    <${WaitingCard} waiting=${waiting} />
  </div>`;
}

/** How many cases there are and what becomes of them, for managers: all is kept up by the writes. */
export function StatisticsView(): View {
  const { t } = useTrafficWords();
  const loaded = useLoaded(readAll, []);
  useReloads(loaded, RELOAD_MS);
  return html`<${PageHeading} title=${t('statistics.title')} lead=${t('statistics.lead')} />
    <${CaseTabs} current=${STATISTICS_HASH} />
    <${LoadedView} loaded=${loaded} render=${(all: All) => html`<${Cards} all=${all} />`} />`;
}
