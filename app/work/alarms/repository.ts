import { type ChangePlace, type Changes, pollChanges } from '../../db/change_feed.js';
import type { Client } from '../../db/client.js';
import { ALARM_PROCEDURES, type AlarmState, type AlarmTuple } from './procedures.js';

/** An alarm as it is stored. Times in seconds since 1970. */
export type Alarm = {
  id: number;
  source: string;
  kind: string;
  state: AlarmState;
  count: number;
  value: number | null;
  text: string | null;
  openedAt: number;
  lastAt: number;
  closedAt: number | null;
  ackedBy: string | null;
  ackedAt: number | null;
  note: string | null;
  /** Rises with each change of any alarm. */
  version: number;
};

/** `at`: undefined for the time at which it is stored. `by`: who sent it. */
export type Signal = {
  source: string;
  kind: string;
  value: number | undefined;
  text: string | undefined;
  at: number | undefined;
  by: string;
};

export type SignalAnswer = { alarmId: number; state: AlarmState };

type AlarmFilter = { state?: AlarmState | undefined; source?: string | undefined; since?: number | undefined };

export type AlarmChange = { what: string; at: number; by: string; note: string | null };

/** All methods throw ServiceError. */
export type AlarmsRepository = {
  /** At most 1,000; all are stored, or none. An answer for each, in order. */
  signal(signals: readonly Signal[]): Promise<SignalAnswer[]>;
  /** ALARM_NOT_FOUND */
  ack(id: number, by: string, note: string | undefined): Promise<Alarm>;
  /** Those with the latest signal first. */
  list(filter: AlarmFilter, limit: number): Promise<Alarm[]>;
  /**
   * The version of the last change, and the alarms that changed after `version`, the earliest change first; those that
   * are open if it is undefined.
   */
  since(version: number | undefined, limit: number): Promise<{ version: number; alarms: Alarm[] }>;
  /** Oldest first. ALARM_NOT_FOUND */
  history(id: number): Promise<AlarmChange[]>;
  /** For createChangeFeed; the only key is 0, its value the last version. */
  changes(place?: ChangePlace): Promise<Changes>;
};

function alarmFrom(tuple: AlarmTuple): Alarm {
  const [id, source, kind, state, count, value, text, openedAt, lastAt, closedAt, ackedBy, ackedAt, note, version] =
    tuple;
  return {
    ...{ id, source, kind, state, count, value, text, openedAt, lastAt, closedAt },
    ...{ ackedBy, ackedAt, note, version },
  };
}

export function createAlarmsRepository(db: Client): AlarmsRepository {
  return {
    async signal(signals) {
      const tuples = signals.map(
        ({ source, kind, value, text, at, by }) => [source, kind, value ?? null, text ?? null, at ?? null, by] as const,
      );
      const [answers] = await db.call(ALARM_PROCEDURES.signalAlarms, [tuples]);
      return answers.map(([alarmId, state]) => ({ alarmId, state }));
    },

    async ack(id, by, note) {
      const [tuple] = await db.call(ALARM_PROCEDURES.ackAlarm, [id, by, note ?? null]);
      return alarmFrom(tuple);
    },

    async list({ state, source, since }, limit) {
      const args = [state ?? null, source ?? null, since ?? null, limit] as const;
      const [tuples] = await db.call(ALARM_PROCEDURES.listAlarms, [...args]);
      return tuples.map(alarmFrom);
    },

    async since(known, limit) {
      const [version, tuples] = await db.call(ALARM_PROCEDURES.alarmsSince, [known ?? null, limit]);
      return { version, alarms: tuples.map(alarmFrom) };
    },

    async history(id) {
      const [changes] = await db.call(ALARM_PROCEDURES.alarmHistory, [id]);
      return changes.map(([, , what, at, by, note]) => ({ what, at, by, note }));
    },

    changes: (known) => pollChanges((...args) => db.call(ALARM_PROCEDURES.alarmChanges, args), known),
  };
}
