import type { Context } from 'koa';
import { type EventStreams, encodeEvent } from '../../http/event_stream.js';
import { owned } from '../../http/requests/request_owner.js';
import type { Route } from '../../http/route.js';
import { OPERATORS } from '../jobs/service.js';
import type { Alarm } from './repository.js';
import { toAlarm } from './schema.js';
import type { AlarmsService } from './service.js';

/** The version of the last event that a reconnecting client has seen. */
function seenVersion(ctx: Context): number | undefined {
  const given = ctx.get('Last-Event-ID');
  const version = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  return Number.isSafeInteger(version) ? version : undefined;
}

/** All followers hear of the same alarm: its bytes are made once. */
function createEventBytes(): (alarm: Alarm) => Buffer {
  const made = new WeakMap<Alarm, Buffer>();
  return (alarm) => {
    const bytes = made.get(alarm) ?? encodeEvent('alarm', toAlarm(alarm), alarm.version);
    made.set(alarm, bytes);
    return bytes;
  };
}

export function alarmRoutes(service: AlarmsService, streams: EventStreams): Route[] {
  const bytesOf = createEventBytes();
  return [
    {
      method: 'get',
      path: '/alarms/events',
      access: OPERATORS,
      tag: 'Alarms',
      summary: 'Follow the alarms',
      description:
        'Server-sent events `alarm`, each with an alarm as `alarm.list` answers it: at once those that are open, then each that ' +
        'opens, has further signals, is acknowledged or closes. Further signals of an alarm are told ten times a second at ' +
        'most. A client that comes back with `Last-Event-ID` hears of the alarms that have changed since.',
      headers: [{ name: 'Last-Event-ID', description: 'The id of the last event that came.' }],
      success: {
        status: 200,
        description: 'A stream of events.',
        otherTypes: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      problems: [429, 503],
      async handle(ctx) {
        const events = streams.open(ctx);
        const tell = owned(ctx, (alarm: Alarm) => events.send(bytesOf(alarm)));
        events.onEnd(await service.follow(tell, seenVersion(ctx)));
        events.begin();
      },
    },
  ];
}
