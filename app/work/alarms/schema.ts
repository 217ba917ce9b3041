import type { JsonSchema } from '../../http/docs/json_schema.js';
import type { Alarm, AlarmChange } from './repository.js';

const time: JsonSchema = { type: 'number', description: 'Seconds since 1970.' };
const timeOrNull: JsonSchema = { type: ['number', 'null'] };
const textOrNull: JsonSchema = { type: ['string', 'null'] };

const properties = {
  alarm_id: { type: 'integer' },
  source: { type: 'string' },
  kind: { type: 'string' },
  state: { enum: ['open', 'closed'] },
  count: { type: 'integer', minimum: 1 },
  value: { type: ['number', 'null'], description: 'The largest one.' },
  text: { ...textOrNull, description: 'Of the latest signal that had one.' },
  opened_at: time,
  last_at: time,
  closed_at: timeOrNull,
  acked_by: textOrNull,
  acked_at: timeOrNull,
  note: textOrNull,
} satisfies Record<string, JsonSchema>;

export const alarmSchema: JsonSchema = { type: 'object', required: Object.keys(properties), properties };

/** An alarm, as clients see it. */
export function toAlarm(alarm: Alarm): Record<keyof typeof properties, unknown> {
  return {
    alarm_id: alarm.id,
    source: alarm.source,
    kind: alarm.kind,
    state: alarm.state,
    count: alarm.count,
    value: alarm.value,
    text: alarm.text,
    opened_at: alarm.openedAt,
    last_at: alarm.lastAt,
    closed_at: alarm.closedAt,
    acked_by: alarm.ackedBy,
    acked_at: alarm.ackedAt,
    note: alarm.note,
  };
}

export const signalAnswerSchema: JsonSchema = {
  type: 'object',
  required: ['alarm_id', 'state'],
  properties: { alarm_id: properties.alarm_id, state: properties.state },
};

const changeProperties = {
  what: { enum: ['opened', 'acked', 'closed'] },
  at: time,
  by: { type: 'string', description: 'A user, or `engine`.' },
  note: textOrNull,
} satisfies Record<keyof AlarmChange, JsonSchema>;

export const changesSchema: JsonSchema = {
  type: 'array',
  items: { type: 'object', required: Object.keys(changeProperties), properties: changeProperties },
};
