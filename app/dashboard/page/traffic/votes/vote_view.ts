import { useEffect } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { PageHeading } from '../../frame/page_heading.js';
import { html, type View } from '../../frame/view.js';
import { useLoaded } from '../../shared/loading.js';
import { ErrorNote, Loading } from '../../shared/notes.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { readRecord } from './api.js';
import { CaseAtHand } from './case_at_hand.js';
import { NoCase } from './no_case.js';
import { useVotes } from './use_votes.js';

/** The case went to others before the specialist voted. */
function Lapsed({ transport, onNext }: { transport: string; onNext: () => void }): View {
  const { t } = useTrafficWords();
  return html`<div class="note note-bad" role="alert"><p>${t('vote.lapsed', { transport })}</p>
    <button type="button" class="button" onClick=${onNext}>${t('vote.next')}</button></div>`;
}

/** Where a specialist looks at one case after the other. */
export function VoteView(): View {
  const { t } = useTrafficWords();
  const { state, error, isBusy, turn, vote, lapse, look } = useVotes();
  const record = useLoaded(readRecord, [turn]);
  const { skill, wallet, votes } = record.value ?? {};
  const lead =
    skill !== undefined && wallet !== undefined && votes !== undefined && t('vote.lead', { skill, wallet, votes });
  const shown = state.kind === 'looking' ? state.held : undefined;
  useEffect(() => {
    if (shown !== undefined && turn > 0) announce(t('vote.shown', { transport: shown.transport }));
  }, [shown]);
  const show = (): View => {
    switch (state.kind) {
      case 'loading':
        return html`<${Loading} />`;
      case 'none':
        return html`<${NoCase} record=${record} turn=${turn} onLook=${look} />`;
      case 'failed':
        return html`<${ErrorNote} error=${state.error} onRetry=${look} />`;
      case 'lapsed':
        return html`<${Lapsed} transport=${state.held.transport} onNext=${look} />`;
      default:
        return html`<${CaseAtHand} held=${state.held} voted=${state.kind === 'voted' ? state.vote : undefined}
          isBusy=${isBusy} error=${error} onVote=${vote} onOver=${lapse} />`;
    }
  };
  return html`<${PageHeading} title=${t('vote.title')} lead=${lead || undefined} />${show()}`;
}
