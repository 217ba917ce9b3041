import { useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { changeQuery } from '../../frame/navigation.js';
import { PageHeading } from '../../frame/page_heading.js';
import type { PlaceQuery } from '../../frame/place.js';
import { classes, html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { LoadedView } from '../../shared/notes.js';
import { SectionTabs } from '../shared/section_tabs.js';
import { useWorkWords } from '../words/use_work_words.js';
import { AckDialog } from './ack_dialog.js';
import type { Alarm, AlarmState } from './api.js';
import { useAlarms } from './use_alarms.js';

const STATES: readonly AlarmState[] = ['open', 'closed'];

function AlarmsTable({ alarms, onAck }: { alarms: readonly Alarm[]; onAck: (alarm: Alarm) => void }): View {
  const { t, time, number } = useWorkWords();
  const columns: Column<Alarm>[] = [
    { key: 'source', title: t('alarms.source'), isHeading: true, cell: ({ source }) => source },
    { key: 'kind', title: t('alarms.kind'), cell: ({ kind }) => kind },
    {
      key: 'state',
      title: t('tasks.status'),
      cell: ({ state }) => html`<span class="badge badge-${state}">${t(`alarms.${state}`)}</span>`,
    },
    { key: 'text', title: t('alarms.text'), cell: ({ text }) => html`<span class="alarm-text">${text}</span>` },
    { key: 'count', title: t('alarms.count'), isNumber: true, cell: ({ count }) => number(count) },
    {
      key: 'value',
      title: t('alarms.value'),
      isNumber: true,
      cell: ({ value }) => (value === null ? '' : number(value)),
    },
    { key: 'last', title: t('alarms.last'), cell: ({ last_at: at }) => html`<span class="nowrap">${time(at)}</span>` },
    {
      key: 'opened',
      title: t('alarms.opened'),
      cell: ({ opened_at: at }) => html`<span class="nowrap">${time(at)}</span>`,
    },
    {
      key: 'acked',
      title: t('alarms.acked'),
      cell: ({ acked_by: user, acked_at: at, note }) =>
        user !== null &&
        html`${t('alarms.ackedBy', { user, time: at === null ? '' : time(at) })}${note !== null && html`<br />${note}`}`,
    },
    {
      key: 'actions',
      title: t('tasks.actions'),
      cell: (alarm) => html`<button type="button" class="button button-quiet"
        aria-label=${t('alarms.ackOf', { source: alarm.source, kind: alarm.kind })} onClick=${() => onAck(alarm)}>${t('alarms.ack')}</button>`,
    },
  ];
  return html`<${DataTable} caption=${t('alarms.title')} columns=${columns} rows=${alarms}
    keyOf=${({ alarm_id: id }: Alarm) => id} />`;
}

/** Alarms as they come, and their acknowledgement. */
export function AlarmsView({ query }: { query: PlaceQuery }): View {
  const { t } = useWorkWords();
  const state = STATES.find((each) => each === query['state']);
  const live = useAlarms(state, ({ source, kind }) => announce(t('alarms.opens', { source, kind })));
  const [chosen, setChosen] = useState<Alarm | undefined>();
  const { isConnected } = live;
  const lead = html`<p class="facts">${t('alarms.lead')}
    <span class=${classes('live', isConnected && 'live-on')}>${t(isConnected ? 'task.live' : 'task.offline')}</span></p>`;
  return html`<${PageHeading} title=${t('alarms.title')} lead=${lead} />
    <${SectionTabs} current="alarms" />
    <section class="card" aria-label=${t('alarms.title')}>
      <label class="field field-inline"><span>${t('alarms.which')}</span>
        <select value=${state ?? ''} onChange=${({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
          changeQuery({ state: currentTarget.value })}>
          <option value="">${t('alarms.all')}</option>
          ${STATES.map((each) => html`<option value=${each}>${t(`alarms.${each}`)}</option>`)}
        </select></label>
      <${LoadedView} loaded=${live} render=${(alarms: readonly Alarm[]) =>
        alarms.length === 0
          ? html`<p class="note">${t('alarms.none')}</p>`
          : html`<${AlarmsTable} alarms=${alarms} onAck=${setChosen} />`} />
    </section>
    ${chosen && html`<${AckDialog} key=${chosen.alarm_id} alarm=${chosen} onAcked=${live.put} onEnd=${() => setChosen(undefined)} />`}`;
}
