import { html, type View } from '../../frame/view.js';
import { type Loaded, useLoaded, useReloads } from '../../shared/loading.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { readWaiting, type Specialist } from './api.js';
import { countText, whyNone } from './why_none.js';

/** How often a specialist without a case looks for one. */
const LOOK_EVERY_MS = 5_000;

type NoCaseProps = { record: Loaded<Specialist>; turn: number; onLook: () => void };

/** No case is left for the specialist, and why. Looks again by itself. */
export function NoCase({ record, turn, onLook }: NoCaseProps): View {
  const { t } = useTrafficWords();
  const { value, isLoading } = useLoaded(readWaiting, [turn]);
  useReloads({ isLoading, reload: onLook }, LOOK_EVERY_MS);
  const reasons = value && record.value ? whyNone(value, record.value.skill) : [];
  return html`<div class="note" role="status"><p>${t('vote.none')}</p>
    ${reasons.map(({ key, level, cases }) => html`<p key=${level}>${t(`vote.${key}`, { level, cases: countText(cases) })}</p>`)}
    <p class="muted small">${t('vote.looksAgain')}</p>
    <button type="button" class="button button-quiet" onClick=${onLook}>${t('vote.again')}</button></div>`;
}
