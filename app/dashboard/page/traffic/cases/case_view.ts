import { PageHeading } from '../../frame/page_heading.js';
import { usePictureUrl } from '../../frame/picture_url.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { CasePhoto } from '../photo/case_photo.js';
import { CASES_HASH, casesOfCameraHash, typeHash } from '../place.js';
import { Card, type Fact, Facts } from '../shared/facts.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { type Case, type CastVote, CONTACTS, type KnownCase, type Owner, readCase, type StatusChange } from './api.js';
import { StatusBadge } from './status_badge.js';

function PhotoCard({ photo, transport }: { photo: Blob; transport: string }): View {
  const { t } = useTrafficWords();
  const url = usePictureUrl(photo);
  return html`<${Card} id="photo-title" title=${t('case.photo')}>
    ${url && html`<${CasePhoto} url=${url} transport=${transport} />`}
  </${Card}>`;
}

function RecordCard({ known: { found, violation } }: { known: KnownCase }): View {
  const { t, dateTime, number } = useTrafficWords();
  const { type, version } = found;
  const facts: Fact[] = [
    [t('vote.transport'), found.transport],
    [t('vote.violation'), violation?.violation_type ?? html`<code>${found.violation_id}</code>`],
    ...(violation === undefined ? [] : [[t('registers.fine'), number(violation.fine)] as const]),
    [t('vote.value'), found.violation_value],
    [t('vote.time'), dateTime(found.timestamp)],
    [t('case.received'), dateTime(found.created_at)],
    [t('cases.level'), number(found.skill_value)],
    [t('case.camera'), html`<a href=${casesOfCameraHash(found.camera_id)}><code>${found.camera_id}</code></a>`],
    [t('case.type'), html`<a href=${typeHash(type)}>${t('case.typeOf', { type, version })}</a>`],
  ];
  return html`<${Card} id="record-title" title=${t('case.record')}><${Facts} facts=${facts} /></${Card}>`;
}

function OwnerCard({ owner }: { owner: Owner | null }): View {
  const { t } = useTrafficWords();
  const facts = CONTACTS.filter((name) => owner?.[name]).map((name) => [t(`case.${name}`), owner?.[name]] as const);
  return html`<${Card} id="owner-title" title=${t('case.contacts')}>
    ${owner === null ? html`<p class="muted">${t('case.noOwner')}</p>` : html`<${Facts} facts=${facts} />`}
  </${Card}>`;
}

function VotesCard({ votes: { justify, convict, list } }: { votes: Case['votes'] }): View {
  const { t, dateTime } = useTrafficWords();
  const columns: Column<CastVote>[] = [
    { key: 'name', title: t('specialists.name'), isHeading: true, cell: ({ username }) => username },
    { key: 'vote', title: t('case.vote'), cell: ({ vote }) => t(`case.${vote}`) },
    { key: 'level', title: t('cases.level'), isNumber: true, cell: ({ level }) => level },
    { key: 'at', title: t('vote.time'), cell: ({ at }) => html`<span class="nowrap">${dateTime(at)}</span>` },
  ];
  if (list.length === 0) {
    return html`<${Card} id="votes-title" title=${t('case.votes')}><p class="muted">${t('case.noVotes')}</p></${Card}>`;
  }
  return html`<${Card} id="votes-title" title=${t('case.votes')}>
    <p>${t('case.votesOf', { justify, convict })}</p>
    <${DataTable} caption=${t('case.votes')} columns=${columns} rows=${list}
      keyOf=${({ username, level }: CastVote) => `${username} ${level}`} />
  </${Card}>`;
}

function HistoryCard({ history }: { history: readonly StatusChange[] }): View {
  const { t, dateTime } = useTrafficWords();
  const rows = history.map((change, place) => ({ ...change, place })).reverse();
  type Row = (typeof rows)[number];
  const columns: Column<Row>[] = [
    {
      key: 'status',
      title: t('cases.status'),
      isHeading: true,
      cell: ({ status }) => html`<${StatusBadge} status=${status} />`,
    },
    { key: 'at', title: t('vote.time'), cell: ({ at }) => html`<span class="nowrap">${dateTime(at)}</span>` },
    { key: 'by', title: t('case.by'), cell: ({ by }) => by },
  ];
  return html`<${Card} id="history-title" title=${t('case.history')}>
    <${DataTable} caption=${t('case.history')} columns=${columns} rows=${rows} keyOf=${({ place }: Row) => place} />
  </${Card}>`;
}

function WholeCase({ known }: { known: KnownCase }): View {
  const { t } = useTrafficWords();
  const { found, photo, history } = known;
  return html`<${PageHeading} title=${found.transport} lead=${html`<${StatusBadge} status=${found.status} />`}>
      <a class="button button-quiet" href=${CASES_HASH}>${t('case.back')}</a>
    </${PageHeading}>
    <div class="cards">
      <${PhotoCard} photo=${photo} transport=${found.transport} />
      <${RecordCard} known=${known} />
      <${OwnerCard} owner=${found.owner} />
      <${VotesCard} votes=${found.votes} />
      <${HistoryCard} history=${history} />
    </div>`;
}

/** One case, for managers: its photo, what the camera said, the owner's contacts, votes and statuses. */
export function CaseView({ caseId }: { caseId: string }): View {
  const loaded = useLoaded((signal) => readCase(caseId, signal), [caseId]);
  return html`<${LoadedView} loaded=${loaded} render=${(known: KnownCase) => html`<${WholeCase} known=${known} />`} />`;
}
