import { Tabs } from '../../frame/tabs.js';
import { html, type View } from '../../frame/view.js';
import { CASES_HASH, STATISTICS_HASH } from '../place.js';
import { useTrafficWords } from '../words/use_traffic_words.js';

/** What there is about cases, for managers. */
export function CaseTabs({ current }: { current: string }): View {
  const { t } = useTrafficWords();
  const tabs = [
    { hash: CASES_HASH, title: t('cases.title') },
    { hash: STATISTICS_HASH, title: t('statistics.title') },
  ];
  return html`<${Tabs} label=${t('cases.sections')} tabs=${tabs} current=${current} />`;
}
