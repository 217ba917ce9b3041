import { Tabs } from '../../frame/tabs.js';
import { html, type View } from '../../frame/view.js';
import { useWorkWords } from '../words/use_work_words.js';

const TABS = ['workflows', 'alarms', 'files'] as const;

/** What operators look after. */
export function SectionTabs({ current }: { current: (typeof TABS)[number] }): View {
  const { t } = useWorkWords();
  const tabs = TABS.map((tab) => ({ hash: `#/${tab}`, title: t(`${tab}.title`) }));
  return html`<${Tabs} label=${t('sections.label')} tabs=${tabs} current=${`#/${current}`} />`;
}
