import { useEffect, useRef, useState } from 'preact/hooks';
import type { Loaded } from '../../shared/loading.js';
import { useLoaded } from '../../shared/loading.js';
import type { ServerEvent } from '../../shared/server_events.js';
import { useEvents } from '../../shared/use_events.js';
import { type Alarm, type AlarmState, EVENTS_PATH, readAlarms } from './api.js';

type LiveAlarms = Omit<Loaded<readonly Alarm[]>, 'isLoading'> & {
  isLoading: boolean;
  isConnected: boolean;
  /** Replaces an alarm by what it is now. */
  put(alarm: Alarm): void;
};

type News = ReadonlyMap<number, Alarm>;

/** Open ones first, each by its last signal. */
function sorted(alarms: Iterable<Alarm>): Alarm[] {
  const rank = ({ state }: Alarm) => (state === 'open' ? 0 : 1);
  return [...alarms].sort((a, b) => rank(a) - rank(b) || b.last_at - a.last_at);
}

/** Alarms, followed by their events. `onOpened` is called for an alarm that was not there before. */
export function useAlarms(state: AlarmState | undefined, onOpened: (alarm: Alarm) => void): LiveAlarms {
  const loaded = useLoaded((signal) => readAlarms(state, signal), [state]);
  const [news, setNews] = useState<News>(new Map());
  const seen = useRef(new Set<number>());
  useEffect(() => {
    for (const { alarm_id: id } of loaded.value ?? []) seen.current.add(id);
  }, [loaded.value]);

  const put = (alarm: Alarm) => setNews((before) => new Map(before).set(alarm.alarm_id, alarm));
  const isConnected = useEvents(loaded.value === undefined ? undefined : EVENTS_PATH, ({ name, data }: ServerEvent) => {
    if (name !== 'alarm') return;
    const alarm = JSON.parse(data) as Alarm;
    put(alarm);
    if (!seen.current.has(alarm.alarm_id) && alarm.state === 'open') onOpened(alarm);
    seen.current.add(alarm.alarm_id);
  });

  const wasConnected = useRef(false);
  useEffect(() => {
    // The events of a new connection leave out alarms that were closed in between.
    if (isConnected && wasConnected.current) {
      setNews(new Map());
      loaded.reload();
    }
    wasConnected.current ||= isConnected;
  }, [isConnected]);

  const all = new Map([...(loaded.value ?? []).map((alarm) => [alarm.alarm_id, alarm] as const), ...news]);
  const shown = sorted(all.values()).filter((alarm) => state === undefined || alarm.state === state);
  return { ...loaded, value: loaded.value && shown, isConnected, put };
}
