import { html, type View } from '../../frame/view.js';
import { useLoaded, useReloads } from '../../shared/loading.js';
import { useWorkWords } from '../words/use_work_words.js';
import { type Estimate, isActive, type Reason, readEstimate, readReason, type WorkflowState } from './api.js';
import { reasonCode } from './reason_code.js';
import { runLabel } from './run_status.js';

/** How long is left of the run that goes on, or how long a run takes. */
function estimateText(
  { left_s: left, runs }: Estimate,
  isRunning: boolean,
  { t, duration }: ReturnType<typeof useWorkWords>,
): string {
  if (left === null) return t('eta.none');
  if (isRunning && left.p90 === 0) return t('eta.longer', { runs });
  const params = { median: duration(left.median), p90: duration(left.p90), runs };
  return t(isRunning ? 'eta.left' : 'eta.takes', params);
}

const MAX_NAMES = 5;

/** Both texts name durations of a run that goes on, which grow while no status changes. */
const LOOK_MS = 5_000;

/** The service's sentence, which is in English, below one in the reader's language. */
function ReasonText({ reason, state }: { reason: Reason; state: WorkflowState }): View {
  const words = useWorkWords();
  const { code, names, task } = reasonCode(state, reason.task);
  const shown = names.length > MAX_NAMES ? [...names.slice(0, MAX_NAMES), '…'] : names;
  const label = task === undefined ? '' : runLabel(task.status, task.label, words);
  const own = words.tell('why', code, { names: shown.join(', '), label });
  return html`${own !== undefined && html`<p>${own}</p>`}
    <p lang="en" class=${own === undefined ? '' : 'muted small'}>${reason.why}</p>`;
}

/** What a run waits for or why it ended, and how long it will take. */
export function Outlook({ state, revision }: { state: WorkflowState; revision: number }): View {
  const words = useWorkWords();
  const { project, workflow, status } = state;
  const name = { project, workflow };
  const loadedReason = useLoaded((signal) => readReason(name, signal), [revision, status]);
  const loadedEstimate = useLoaded((signal) => readEstimate(name, signal), [revision, status]);
  for (const { isLoading, reload } of [loadedReason, loadedEstimate])
    useReloads({ isLoading: isLoading || !isActive(status), reload }, LOOK_MS);
  const reason = loadedReason.value;
  const estimate = loadedEstimate.value;
  if (reason === undefined && estimate === undefined) return null;
  const isBad = status === 'error';
  return html`<section class=${isBad ? 'note note-bad' : 'note'} aria-label=${words.t('outlook.title')}>
    ${reason && html`<${ReasonText} reason=${reason} state=${state} />`}
    ${
      reason &&
      isBad &&
      reason.log.length > 0 &&
      html`<pre class="error-text" tabindex="0" role="region" aria-label=${words.t('outlook.log', { name: reason.task ?? '' })}>${reason.log.join('\n')}</pre>`
    }
    ${estimate && html`<p class="muted">${estimateText(estimate, isActive(status), words)}</p>`}
  </section>`;
}
