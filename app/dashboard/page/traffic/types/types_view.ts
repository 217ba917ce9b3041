import { PageHeading } from '../../frame/page_heading.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { CameraTabs } from '../cameras/camera_tabs.js';
import { NEW_TYPE_HASH, TYPES_HASH, typeHash } from '../place.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { type CameraType, readTypes } from './api.js';

/** The shapes of records, for managers. */
export function TypesView(): View {
  const { t, dateTime } = useTrafficWords();
  const loaded = useLoaded(readTypes, []);
  const columns: Column<CameraType>[] = [
    {
      key: 'name',
      title: t('types.name'),
      isHeading: true,
      cell: ({ name }) => html`<a href=${typeHash(name)}>${name}</a>`,
    },
    { key: 'version', title: t('types.version'), isNumber: true, cell: ({ version }) => version },
    { key: 'fields', title: t('types.fields'), cell: ({ fields }) => fields.map(({ key }) => key).join(', ') },
    {
      key: 'updated',
      title: t('types.updated'),
      cell: ({ updated_at }) => html`<span class="nowrap">${dateTime(updated_at)}</span>`,
    },
  ];
  const table = (types: CameraType[]) => html`<${DataTable} caption=${t('types.title')} columns=${columns} rows=${types}
    keyOf=${({ name }: CameraType) => name} />`;
  return html`<${PageHeading} title=${t('types.title')} lead=${t('types.lead')}>
      <a class="button button-main" href=${NEW_TYPE_HASH}>${t('types.new')}</a>
    </${PageHeading}>
    <${CameraTabs} current=${TYPES_HASH} />
    <section class="card" aria-label=${t('types.title')}><${LoadedView} loaded=${loaded} render=${table} /></section>`;
}
