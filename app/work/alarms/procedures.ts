import { read, write } from '../../db/procedure.js';

export type AlarmState = 'open' | 'closed';

/** A tuple of the space `alarms` (tarantool/migrations/010_alarms.lua). Times in seconds since 1970. */
export type AlarmTuple = [
  alarmId: number,
  source: string,
  kind: string,
  state: AlarmState,
  count: number,
  value: number | null,
  text: string | null,
  openedAt: number,
  lastAt: number,
  closedAt: number | null,
  ackedBy: string | null,
  ackedAt: number | null,
  note: string | null,
  version: number,
  marksFloor: number,
];

type SignalTuple = readonly [
  source: string,
  kind: string,
  value: number | null,
  text: string | null,
  at: number | null,
  by: string,
];

type AlarmChangeTuple = [id: number, alarmId: number, what: string, at: number, by: string, note: string | null];

/** Procedures of tarantool/work/alarms.lua. */
export const ALARM_PROCEDURES = {
  signalAlarms: write<[signals: readonly SignalTuple[]], [answers: [alarmId: number, state: AlarmState][]]>(
    'svodka.alarms.signal',
  ),
  ackAlarm: write<[alarmId: number, by: string, note: string | null], [alarm: AlarmTuple]>('svodka.alarms.ack'),
  listAlarms: read<
    [state: string | null, source: string | null, since: number | null, limit: number],
    [alarms: AlarmTuple[]]
  >('svodka.alarms.list'),
  alarmsSince: read<[version: number | null, limit: number], [version: number, alarms: AlarmTuple[]]>(
    'svodka.alarms.since',
  ),
  alarmHistory: read<[alarmId: number], [changes: AlarmChangeTuple[]]>('svodka.alarms.history'),
  alarmChanges: read<
    [epoch: number | null, place: number | null, timeoutSeconds: number],
    [epoch: number, place: number, flat: number[] | null]
  >('svodka.alarms.changes'),
} as const;
