import type { Method, RpcValue } from '../../rpc/method.js';
import type { Caller } from '../../users/repository.js';
import { OPERATORS } from '../jobs/service.js';
import { alarmSchema, changesSchema, signalAnswerSchema, toAlarm } from './schema.js';
import type { AlarmsService } from './service.js';

const MAX_NAME_CHARACTERS = 128;
const MAX_TEXT_CHARACTERS = 4_096;
const MAX_LISTED = 1_000;
const DEFAULT_LISTED = 100;
/** The year 5138. */
const MAX_TIME_S = 100_000_000_000;

const nameSchema = { type: 'string', minLength: 1, maxLength: MAX_NAME_CHARACTERS, 'x-well-formed': true };
const textSchema = { type: 'string', maxLength: MAX_TEXT_CHARACTERS, 'x-well-formed': true };
const timeSchema = { type: 'number', minimum: 0, maximum: MAX_TIME_S };

const alarmId: RpcValue = {
  name: 'alarm_id',
  required: true,
  schema: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
};

type Params = Record<string, unknown>;

/** The methods `alarm.*`. */
export function alarmMethods(service: AlarmsService): Method<Caller>[] {
  const methods: Omit<Method<Caller>, 'access' | 'tag'>[] = [
    {
      name: 'alarm.signal',
      summary: 'Report that something looks wrong',
      description:
        'Opens an alarm, or counts in the open one of the same source and kind. An alarm closes after `SVODKA_ALARM_QUIET` ' +
        'seconds without a signal. A signal that is sent again with the same `at` counts once; one that belongs to a time ' +
        'at which the last alarm was not closed yet changes nothing once it is.',
      params: [
        { name: 'source', summary: 'What looks wrong.', required: true, schema: nameSchema },
        { name: 'kind', summary: 'In which way.', required: true, schema: nameSchema },
        { name: 'value', summary: 'The alarm keeps the largest one.', schema: { type: 'number' } },
        { name: 'text', schema: textSchema },
        { name: 'at', summary: 'Seconds since 1970; now when absent. The future counts as now.', schema: timeSchema },
      ],
      result: { name: 'alarm', schema: signalAnswerSchema },
      async handle(params: Params, { caller }) {
        const { alarmId: id, state } = await service.signal({
          source: params['source'] as string,
          kind: params['kind'] as string,
          value: params['value'] as number | undefined,
          text: params['text'] as string | undefined,
          at: params['at'] as number | undefined,
          by: caller.username,
        });
        return { alarm_id: id, state };
      },
    },
    {
      name: 'alarm.list',
      summary: 'Alarms, the one with the latest signal first',
      params: [
        { name: 'state', schema: { enum: ['open', 'closed'] } },
        { name: 'source', schema: nameSchema },
        {
          name: 'since',
          summary: 'Seconds since 1970: alarms with a signal at this time or later.',
          schema: timeSchema,
        },
        { name: 'limit', schema: { type: 'integer', minimum: 1, maximum: MAX_LISTED, default: DEFAULT_LISTED } },
      ],
      result: { name: 'alarms', schema: { type: 'array', items: alarmSchema } },
      async handle(params: Params) {
        const filter = {
          state: params['state'] as 'open' | 'closed' | undefined,
          source: params['source'] as string | undefined,
          since: params['since'] as number | undefined,
        };
        return (await service.list(filter, params['limit'] as number)).map(toAlarm);
      },
    },
    {
      name: 'alarm.ack',
      summary: 'Note that somebody has seen an alarm',
      description:
        'Who and when is kept. A later acknowledgement with a note replaces an earlier one; without a note it changes nothing.',
      params: [alarmId, { name: 'note', schema: textSchema }],
      result: { name: 'alarm', schema: alarmSchema },
      errors: ['ALARM_NOT_FOUND'],
      async handle(params: Params, { caller }) {
        const note = params['note'] as string | undefined;
        return toAlarm(await service.ack(params['alarm_id'] as number, caller.username, note));
      },
    },
    {
      name: 'alarm.history',
      summary: 'What happened to an alarm, oldest first',
      params: [alarmId],
      result: { name: 'changes', schema: changesSchema },
      errors: ['ALARM_NOT_FOUND'],
      handle: (params: Params) => service.history(params['alarm_id'] as number),
    },
  ];
  return methods.map((method) => ({ ...method, access: OPERATORS, tag: 'alarm' }));
}
