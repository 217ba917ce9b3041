import { Tabs } from '../../frame/tabs.js';
import { html, type View } from '../../frame/view.js';
import { CAMERAS_HASH, TYPES_HASH } from '../place.js';
import { useTrafficWords } from '../words/use_traffic_words.js';

/** Cameras and the shapes of what they send. */
export function CameraTabs({ current }: { current: string }): View {
  const { t } = useTrafficWords();
  const tabs = [
    { hash: CAMERAS_HASH, title: t('cameras.title') },
    { hash: TYPES_HASH, title: t('types.title') },
  ];
  return html`<${Tabs} label=${t('cameras.sections')} tabs=${tabs} current=${current} />`;
}
