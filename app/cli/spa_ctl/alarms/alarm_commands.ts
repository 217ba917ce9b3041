import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandError, EXIT, type ExitCode } from '../../command_error.js';
import { fittedTable } from '../../terminal/fitted_table.js';
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

async function showAlarms(spa: Spa, options: AlarmOptions): Promise<ExitCode> {
  const { ack, note, state, source, limit } = options;
  if (ack !== undefined) return acknowledge(spa, ack, note);
  if (note !== undefined)
    throw new CommandError(EXIT.usage, '--note needs --ack: it is kept with the acknowledgement.');
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
    examples: ['spa_ctl alarms --state open', `spa_ctl alarms --ack 7 --note 'pump changed'`],
  })
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
