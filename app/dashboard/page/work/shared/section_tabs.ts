import { html, type View } from '../../frame/view.js';
import { useWorkWords } from '../words/use_work_words.js';

const TABS = ['workflows', 'alarms', 'files'] as const;

/** What operators look after. */
export function SectionTabs({ current }: { current: (typeof TABS)[number] }): View {
  const { t } = useWorkWords();
  return html`<nav class="tabs" aria-label=${t('sections.label')}>
    ${TABS.map(
      (tab) =>
        html`<a key=${tab} href=${`#/${tab}`} aria-current=${tab === current ? 'page' : undefined}>${t(`${tab}.title`)}</a>`,
    )}</nav>`;
}
