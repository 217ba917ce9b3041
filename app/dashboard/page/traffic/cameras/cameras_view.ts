import { useState } from 'preact/hooks';
import { changeQuery } from '../../frame/navigation.js';
import { PageHeading } from '../../frame/page_heading.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { CAMERAS_HASH } from '../place.js';
import type { Page } from '../shared/api.js';
import { CursorPager } from '../shared/cursor_pager.js';
import { readCounts } from '../statistics/api.js';
import { readTypes } from '../types/api.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { type Camera, readCameras } from './api.js';
import { CameraDialog } from './camera_dialog.js';
import { CameraTabs } from './camera_tabs.js';
import { CamerasTable } from './cameras_table.js';
import { RegisterForm } from './register_form.js';

/** All cameras, for managers. */
export function CamerasView({ query }: { query: PlaceQuery }): View {
  const { t } = useTrafficWords();
  const { type = '', cursor = '' } = query;
  const loaded = useLoaded((signal) => readCameras({ type, cursor }, signal), [type, cursor]);
  const typeNames = (useLoaded(readTypes, []).value ?? []).map(({ name }) => name);
  const counts = useLoaded((signal) => readCounts('camera', signal), []).value;
  const casesOf = counts && new Map(counts.map(({ key, cases }) => [key, cases]));
  const [chosen, setChosen] = useState<Camera | undefined>();
  const end = (hasChanged: boolean) => {
    setChosen(undefined);
    if (hasChanged) loaded.reload();
  };
  const onType = ({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
    changeQuery({ type: currentTarget.value, cursor: '' });
  return html`<${PageHeading} title=${t('cameras.title')} lead=${t('cameras.lead')} />
    <${CameraTabs} current=${CAMERAS_HASH} />
    <${RegisterForm} typeNames=${typeNames} onDone=${loaded.reload} />
    <section class="card" aria-label=${t('cameras.title')}>
      <p class="tools"><label class="field"><span>${t('cameras.type')}</span>
        <select value=${type} onChange=${onType}><option value="">${t('cases.all')}</option>
          ${typeNames.map((name) => html`<option value=${name}>${name}</option>`)}</select></label></p>
      <${LoadedView} loaded=${loaded} render=${(page: Page<Camera>) => html`<${CamerasTable} cameras=${page.data}
          casesOf=${casesOf} onChoose=${setChosen} onChanged=${loaded.reload} />
        <${CursorPager} cursor=${cursor} next=${page.next_cursor} words=${{ first: t('cameras.first'), next: t('cameras.next') }} />`} />
    </section>
    ${
      chosen &&
      html`<${CameraDialog} key=${chosen.id} camera=${chosen} typeNames=${typeNames}
        hasCases=${(casesOf?.get(chosen.id) ?? 0) > 0} onEnd=${end} />`
    }`;
}
