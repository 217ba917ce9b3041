import { call } from '../../shared/rpc_client.js';

/** The API of alarms as the page uses it. All functions throw ApiError. Times are in seconds since 1970. */

export type AlarmState = 'open' | 'closed';
export type Alarm = {
  alarm_id: number;
  source: string;
  kind: string;
  state: AlarmState;
  /** Of signals. */
  count: number;
  /** The largest one. */
  value: number | null;
  text: string | null;
  opened_at: number;
  last_at: number;
  closed_at: number | null;
  acked_by: string | null;
  acked_at: number | null;
  note: string | null;
};

/** A stream of `alarm`: at once those that are open, then each that changes. */
export const EVENTS_PATH = '/alarms/events';

/** Those with the latest signals. */
export function readAlarms(state: AlarmState | undefined, signal?: AbortSignal): Promise<Alarm[]> {
  return call('alarm.list', state === undefined ? {} : { state }, signal);
}

export function ackAlarm(id: number, note: string): Promise<Alarm> {
  return call('alarm.ack', { alarm_id: id, ...(note !== '' && { note }) });
}
