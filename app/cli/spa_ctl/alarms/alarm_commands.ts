import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandError, EXIT, type ExitCode } from '../../command_error.js';
import { follow } from '../../rpc/event_source.js';
import { fittedTable } from '../../terminal/fitted_table.js';
import { counted } from '../../terminal/plain_text.js';
import { utcText } from '../../terminal/time_text.js';
import { addCommand, parseLimit, type Run } from '../options.js';
import type { GlobalOptions, Spa } from '../spa.js';

type Alarm = {
  alarm_id: number;
  source: string;
  kind: string;
  state: string;
  count: number;
  value: number | null;
  text: string | null;
  opened_at: number;
  last_at: number;
  closed_at: number | null;
  acked_by: string | null;
  acked_at: number | null;
  note: string | null;
};

type AlarmOptions = GlobalOptions & {
  watch?: true;
  ack?: number;
  note?: string;
  state?: string;
  source?: string;
  limit: number;
};

const HEAD = [
  'alarm',
  'state',
  'source',
  'kind',
  'count',
  'value',
  'opened (UTC)',
  'last (UTC)',
  'text',
  'acknowledged',
];

function ackText({ acked_by: by, acked_at: at, note }: Alarm): string {
  if (by === null || by === undefined) return '';
  return `${by}, ${utcText(at)}${note ? `: ${note}` : ''}`;
}

function rowOf(alarm: Alarm): unknown[] {
  const { alarm_id: id, state, source, kind, count, value, opened_at: openedAt, last_at: lastAt, text } = alarm;
  return [id, state, source, kind, count, value, utcText(openedAt), utcText(lastAt), text, ackText(alarm)];
}

async function acknowledge(spa: Spa, id: number, note: string | undefined): Promise<ExitCode> {
  const alarm = await spa.client.call<Alarm>('alarm.ack', { alarm_id: id, ...(note !== undefined && { note }) });
  if (spa.asJson) spa.writeJson(alarm);
  else spa.say(`alarm ${id} (${alarm.source}, ${alarm.kind}) is acknowledged by ${alarm.acked_by}`);
  return EXIT.success;
}

/** `04:12:07 alarm 7 open: pump, pressure, 3 signals, value 12.5: text` */
function alarmLine(alarm: Alarm): string {
  const { alarm_id: id, state, source, kind, count, value, text, last_at: lastAt, acked_by: ackedBy } = alarm;
  const parts = [
    ...[source, kind, counted(count, 'signal')],
    ...(value === null ? [] : [`value ${value}`]),
    ...(ackedBy === null ? [] : [`acknowledged by ${ackedBy}`]),
  ];
  return `${utcText(lastAt).slice(11)} alarm ${id} ${state}: ${parts.join(', ')}${text ? `: ${text}` : ''}`;
}

/** Shows alarms as they open, change and close, until Ctrl-C. @throws CommandError */
async function watchAlarms(spa: Spa, source: string | undefined): Promise<ExitCode> {
  const told = new Map<number, string>();
  const alarms = follow<Alarm>({
    client: spa.client,
    path: '/alarms/events',
    read: ({ data }) => JSON.parse(data) as Alarm,
    isLast: () => false,
    note: spa.note,
  });
  for await (const alarm of alarms) {
    // A new connection begins with all that are open.
    const news = JSON.stringify(alarm);
    const isNews = told.get(alarm.alarm_id) !== news && (source === undefined || alarm.source === source);
    told.set(alarm.alarm_id, news);
    if (alarm.state === 'closed') told.delete(alarm.alarm_id);
    if (!isNews) continue;
    if (spa.asJson) spa.writeJson(alarm);
    else spa.say(alarmLine(alarm));
  }
  return EXIT.success;
}

async function showAlarms(spa: Spa, options: AlarmOptions): Promise<ExitCode> {
  const { watch, ack, note, state, source, limit } = options;
  if (ack !== undefined) return acknowledge(spa, ack, note);
  if (note !== undefined)
    throw new CommandError(EXIT.usage, '--note needs --ack: it is kept with the acknowledgement.');
  if (watch === true) return watchAlarms(spa, source);
  const alarms = await spa.client.call<Alarm[]>('alarm.list', {
    limit,
    ...(state !== undefined && { state }),
    ...(source !== undefined && { source }),
  });
  if (spa.asJson) spa.writeJson(alarms);
  else if (alarms.length === 0) spa.say('There are no such alarms.');
  else spa.streams.stdout.write(`${fittedTable(HEAD, alarms.map(rowOf), spa.streams.stdout.columns)}\n`);
  return EXIT.success;
}

function parseAlarmId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be the number of an alarm.');
}

/** Adds `spa_ctl alarms`. */
export function addAlarmCommand(program: Command, run: Run): void {
  addCommand(program, {
    name: 'alarms',
    description: 'Show alarms, or acknowledge one.',
    examples: ['spa_ctl alarms --state open', 'spa_ctl alarms --watch', `spa_ctl alarms --ack 7 --note 'pump changed'`],
  })
    .addOption(
      new Option('--watch', 'show alarms as they open, change and close, until Ctrl-C').conflicts(['ack', 'state']),
    )
    .option('--ack <id>', 'acknowledge this alarm', parseAlarmId)
    .option('--note <text>', 'a note, kept with the acknowledgement')
    .addOption(new Option('--state <state>', 'only alarms in this state').choices(['open', 'closed']))
    .option('--source <name>', 'only alarms of this source')
    .option('--limit <number>', 'how many', parseLimit, 50)
    .action((_, command: Command) => {
      const options = command.optsWithGlobals<AlarmOptions>();
      return run(options, (spa) => showAlarms(spa, options));
    });
}
