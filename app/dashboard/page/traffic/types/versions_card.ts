import { useState } from 'preact/hooks';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import type { Page } from '../shared/api.js';
import { Card } from '../shared/facts.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { readVersions, type TypeVersion } from './api.js';

type VersionsCardProps = {
  name: string;
  /** The one in force. */
  current: number;
  /** Fills the form with an older version. */
  onTake: (version: TypeVersion) => void;
};

/** The versions of a type: who stored each, and when. */
export function VersionsCard({ name, current, onTake }: VersionsCardProps): View {
  const { t, dateTime } = useTrafficWords();
  const [cursors, setCursors] = useState<readonly string[]>(['']);
  const cursor = cursors.at(-1) ?? '';
  const loaded = useLoaded((signal) => readVersions(name, cursor, signal), [name, current, cursor]);
  const columns: Column<TypeVersion>[] = [
    { key: 'version', title: t('types.version'), isNumber: true, isHeading: true, cell: ({ version }) => version },
    {
      key: 'at',
      title: t('vote.time'),
      cell: ({ created_at }) => html`<span class="nowrap">${dateTime(created_at)}</span>`,
    },
    { key: 'by', title: t('case.by'), cell: ({ by }) => by },
    { key: 'fields', title: t('types.fields'), isNumber: true, cell: ({ fields }) => fields.length },
    {
      key: 'take',
      title: t('cameras.actions'),
      cell: (version) =>
        version.version === current
          ? t('types.inForce')
          : html`<button type="button" class="button button-quiet" aria-label=${t('types.fillFrom', { version: version.version })}
              onClick=${() => onTake(version)}>${t('types.fill')}</button>`,
    },
  ];
  const table = ({ data, next_cursor: next }: Page<TypeVersion>) => html`<${DataTable} caption=${t('types.versions')}
      columns=${columns} rows=${data} keyOf=${({ version }: TypeVersion) => version} />
    ${
      (next !== null || cursors.length > 1) &&
      html`<p class="tools">
      ${cursors.length > 1 && html`<button type="button" class="button button-quiet" onClick=${() => setCursors(cursors.slice(0, -1))}>${t('types.newer')}</button>`}
      ${next !== null && html`<button type="button" class="button button-quiet" onClick=${() => setCursors([...cursors, next])}>${t('types.older')}</button>`}
    </p>`
    }`;
  return html`<${Card} id="versions-title" title=${t('types.versions')}>
    <${LoadedView} loaded=${loaded} render=${table} />
  </${Card}>`;
}
