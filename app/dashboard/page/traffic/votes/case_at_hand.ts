import { useEffect, useRef } from 'preact/hooks';
import { html, type View } from '../../frame/view.js';
import type { ApiError } from '../../shared/http_client.js';
import { ActionErrorNote } from '../../shared/notes.js';
import { CasePhoto } from '../photo/case_photo.js';
import { Facts } from '../shared/facts.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import type { Vote } from './api.js';
import type { HeldCase } from './take_case.js';
import { TimeLeft } from './time_left.js';

const VOTE_OF_LETTER: Readonly<Record<string, Vote>> = { j: 'justify', c: 'convict' };
/** Places of the keyboard, for layouts without Latin letters. */
const LETTER_OF_CODE: Readonly<Record<string, string>> = { KeyJ: 'j', KeyC: 'c' };
/** Elements that take letters themselves. */
const TAKES_KEYS = 'input, select, textarea, dialog';

function voteOf({ key, code }: KeyboardEvent): Vote | undefined {
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : LETTER_OF_CODE[code];
  return letter === undefined ? undefined : VOTE_OF_LETTER[letter];
}

/** Calls `onVote` for J and C, wherever the focus is. */
function useVoteKeys(onVote: (said: Vote) => void): void {
  const handler = useRef(onVote);
  handler.current = onVote;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if ((event.target as Element).matches(TAKES_KEYS)) return;
      const said = voteOf(event);
      if (said !== undefined) handler.current(said);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

type CaseAtHandProps = {
  held: HeldCase;
  /** The vote that is stored; undefined while it is asked for. */
  voted: Vote | undefined;
  isBusy: boolean;
  error: ApiError | undefined;
  onVote: (said: Vote) => void;
  onOver: () => void;
};

/** The case that a specialist looks at, or has just voted on. */
export function CaseAtHand({ held, voted, isBusy, error, onVote, onOver }: CaseAtHandProps): View {
  const { t, dateTime } = useTrafficWords();
  useVoteKeys(onVote);
  const facts = [
    [t('vote.transport'), held.transport],
    [t('vote.violation'), held.violationType],
    [t('vote.value'), held.violationValue],
    [t('vote.time'), dateTime(held.timestamp)],
  ] as const;
  // A disabled button would lose the focus between two cases.
  const isOff = isBusy || voted !== undefined;
  const button = (said: Vote) =>
    html`<button type="button" class="button vote-button" aria-disabled=${isOff} onClick=${() => onVote(said)}>
      ${t(`vote.${said}`)}</button>`;
  return html`<section class="card vote" aria-label=${held.transport} aria-busy=${isOff}>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <div class="vote-head"><${Facts} facts=${facts} />
      <${TimeLeft} key=${held.endsAtMs} endsAtMs=${held.endsAtMs} onOver=${onOver} /></div>
    <div class="vote-frame">
      <${CasePhoto} key=${held.photoUrl} url=${held.photoUrl} transport=${held.transport} />
      ${voted && html`<p class=${`vote-stamp badge-${voted}`}>${t(`vote.stored.${voted}`)}</p>`}
    </div>
    <p class="tools">${button('justify')} ${button('convict')}</p>
    <p class="muted small">${t('vote.keys')}</p>
  </section>`;
}
