import { html, type View } from '../../frame/view.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import type { CaseStatus } from './api.js';

export function StatusBadge({ status }: { status: CaseStatus }): View {
  const { t } = useTrafficWords();
  return html`<span class=${`badge badge-${status}`}>${t(`status.${status}`)}</span>`;
}
