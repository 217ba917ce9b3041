import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { ActionErrorNote } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { casesOfCameraHash, typeHash } from '../place.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { type Camera, changeCamera } from './api.js';

type CamerasTableProps = {
  cameras: readonly Camera[];
  /** By camera; undefined until they are known. */
  casesOf: ReadonlyMap<string, number> | undefined;
  onChoose: (camera: Camera) => void;
  onChanged: () => void;
};

export function CamerasTable({ cameras, casesOf, onChoose, onChanged }: CamerasTableProps): View {
  const { t, number, dateTime } = useTrafficWords();
  const { isBusy, error, run } = useAction();
  const nameOf = ({ id, description }: Camera) => description || id;
  const toggle = ({ id, enabled }: Camera) =>
    run(async () => {
      await changeCamera(id, { enabled: !enabled });
      onChanged();
    });
  const columns: Column<Camera>[] = [
    {
      key: 'name',
      title: t('cameras.camera'),
      isHeading: true,
      cell: ({ id, description }) => html`${description} <code class="small camera-id">${id}</code>`,
    },
    {
      key: 'type',
      title: t('cameras.type'),
      cell: ({ CameraType }) => html`<a href=${typeHash(CameraType)}>${CameraType}</a>`,
    },
    {
      key: 'place',
      title: t('cameras.place'),
      cell: ({ GPScoords: { latitude, longitude } }) => html`<span class="nowrap">${latitude}, ${longitude}</span>`,
    },
    {
      key: 'cases',
      title: t('cases.title'),
      isNumber: true,
      cell: ({ id }) => casesOf && html`<a href=${casesOfCameraHash(id)}>${number(casesOf.get(id) ?? 0)}</a>`,
    },
    {
      key: 'enabled',
      title: t('cases.status'),
      cell: ({ enabled }) =>
        html`<span class=${`badge ${enabled ? 'badge-justified' : 'badge-convicted'}`}>${t(enabled ? 'cameras.on' : 'cameras.off')}</span>`,
    },
    {
      key: 'created',
      title: t('cameras.since'),
      cell: ({ created_at }) => html`<span class="nowrap">${dateTime(created_at)}</span>`,
    },
    {
      key: 'actions',
      title: t('cameras.actions'),
      cell: (camera) => html`<span class="row-tools">
        <button type="button" class="button button-quiet" aria-label=${t('cameras.changeOf', { name: nameOf(camera) })}
          onClick=${() => onChoose(camera)}>${t('cameras.change')}</button>
        <button type="button" class="button button-quiet" disabled=${isBusy}
          aria-label=${t(camera.enabled ? 'cameras.switchOffOf' : 'cameras.switchOnOf', { name: nameOf(camera) })}
          onClick=${() => toggle(camera)}>${t(camera.enabled ? 'cameras.switchOff' : 'cameras.switchOn')}</button></span>`,
    },
  ];
  if (cameras.length === 0) return html`<p class="muted">${t('cameras.none')}</p>`;
  return html`${error && html`<${ActionErrorNote} error=${error} />`}
    <${DataTable} caption=${t('cameras.title')} columns=${columns} rows=${cameras} keyOf=${({ id }: Camera) => id} />`;
}
