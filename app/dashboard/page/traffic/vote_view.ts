import { useEffect, useState } from 'preact/hooks';
import { announce } from '../frame/announcer.js';
import { PageHeading } from '../frame/page_heading.js';
import { html, type View } from '../frame/view.js';
import { type Loaded, useLoaded, useReloads } from '../shared/loading.js';
import { ActionErrorNote, ErrorNote, Loading } from '../shared/notes.js';
import { useAction } from '../shared/use_action.js';
import { castVote, type HeldCase, readRecord, takeCase, type Vote } from './api.js';
import { CasePhoto } from './case_photo.js';
import { useTrafficWords } from './words/use_traffic_words.js';

/** How often a specialist without a case looks for one. */
const LOOK_EVERY_MS = 5_000;

/** Keys are places of the keyboard, so that they work in every layout. */
const VOTE_OF_KEY: Readonly<Record<string, Vote>> = { KeyJ: 'justify', KeyC: 'convict' };
const ZOOM_KEY = 'KeyZ';

type AtHand = { held: HeldCase; photo: Blob };

function CaseAtHand({ atHand, onVoted }: { atHand: AtHand; onVoted: () => void }): View {
  const { t, dateTime } = useTrafficWords();
  const { held, photo } = atHand;
  const [isZoomed, setZoomed] = useState(false);
  const { isBusy, error, run } = useAction();
  const vote = (said: Vote) =>
    run(async () => {
      try {
        await castVote(said);
        announce(t('vote.done'));
      } finally {
        // After a refusal as well: the case is not this specialist's any more.
        onVoted();
      }
    });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const said = VOTE_OF_KEY[event.code];
      if (said !== undefined) vote(said);
      else if (event.code === ZOOM_KEY) setZoomed((before) => !before);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
  return html`<section class="card vote" aria-label=${held.transport}>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <${CasePhoto} photo=${photo} transport=${held.transport} isZoomed=${isZoomed} />
    <dl class="vote-facts">
      <div><dt>${t('vote.transport')}</dt><dd>${held.transport}</dd></div>
      <div><dt>${t('vote.violation')}</dt><dd>${held.violation_type ?? ''}</dd></div>
      <div><dt>${t('vote.value')}</dt><dd>${held.violation_value}</dd></div>
      <div><dt>${t('vote.time')}</dt><dd>${dateTime(held.timestamp)}</dd></div>
    </dl>
    <p class="tools">
      <button type="button" class="button" disabled=${isBusy} onClick=${() => vote('justify')}>${t('vote.justify')}</button>
      <button type="button" class="button" disabled=${isBusy} onClick=${() => vote('convict')}>${t('vote.convict')}</button>
      <button type="button" class="button button-quiet" aria-pressed=${isZoomed} onClick=${() => setZoomed(!isZoomed)}>
        ${t('vote.zoom')}</button>
    </p>
    <p class="muted small">${t('vote.until', { time: dateTime(held.expires_at) })} ${t('vote.keys')}</p>
  </section>`;
}

function NoCase({ loaded }: { loaded: Loaded<AtHand> }): View {
  const { t } = useTrafficWords();
  useReloads(loaded, LOOK_EVERY_MS);
  return html`<div class="note" role="status"><p>${t('vote.none')}</p>
    <button type="button" class="button button-quiet" onClick=${loaded.reload}>${t('vote.again')}</button></div>`;
}

/** Where a specialist looks at one case after the other. */
export function VoteView(): View {
  const { t } = useTrafficWords();
  const [turn, setTurn] = useState(0);
  // Shown no more: the next key would vote on a case that nobody has seen.
  const [voted, setVoted] = useState<AtHand | undefined>();
  const loaded = useLoaded(takeCase, [turn]);
  const record = useLoaded(readRecord, [turn]);
  const { value, error, reload } = loaded;
  const lead =
    record.value &&
    t('vote.lead', {
      skill: record.value.skill,
      wallet: record.value.wallet,
      votes: record.value.votes,
    });
  const next = (done: AtHand) => {
    setVoted(done);
    setTurn(turn + 1);
  };
  const show = (): View => {
    if (error?.code === 'NO_CASE_LEFT') return html`<${NoCase} loaded=${loaded} />`;
    if (error !== undefined) return html`<${ErrorNote} error=${error} onRetry=${reload} />`;
    if (value === undefined || value === voted) return html`<${Loading} />`;
    return html`<${CaseAtHand} key=${`${value.held.case_id} ${value.held.expires_at}`} atHand=${value}
      onVoted=${() => next(value)} />`;
  };
  return html`<${PageHeading} title=${t('vote.title')} lead=${lead} />${show()}`;
}
