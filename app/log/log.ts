import { isatty } from 'node:tty';
import { type Logger, pino } from 'pino';
import type { SettingsTable } from '../config.js';

const STDOUT = 1;
/** Maximum size of the lines kept while writing is impossible, for instance on a full disk; later lines are dropped. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** `auto`: readable lines on a terminal, JSON otherwise. */
const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;

export const LOG_SETTINGS = {
  logLevel: {
    name: 'SVODKA_LOG_LEVEL',
    kind: 'oneOf',
    values: LOG_LEVELS,
    default: 'info',
    help: 'what is logged: this level and the ones before it',
  },
  logFormat: {
    name: 'SVODKA_LOG_FORMAT',
    kind: 'oneOf',
    values: LOG_FORMATS,
    default: 'auto',
    help: '`pretty`: lines for people; `auto`: `pretty` on a terminal, `json` elsewhere',
  },
} as const satisfies SettingsTable;

type LogOptions = {
  level: string;
  format: (typeof LOG_FORMATS)[number];
  /** Called on the first write error only. */
  onUnwritable(reason: NodeJS.ErrnoException): void;
};

/**
 * The log on stdout. Write errors never reach the code that logs, into which pino's own destination would throw them.
 * Readable lines are formatted on this thread: a worker thread could lose the last ones when the process exits.
 */
export async function createLog({ level, format, onUnwritable }: LogOptions): Promise<Logger> {
  const destination = pino.destination({ dest: STDOUT, sync: true, maxLength: MAX_UNWRITTEN_BYTES });
  let wasReported = false;
  destination.on('error', (reason: NodeJS.ErrnoException) => {
    if (wasReported) return;
    wasReported = true;
    onUnwritable(reason);
  });
  const isPretty = format === 'pretty' || (format === 'auto' && isatty(STDOUT));
  if (!isPretty) return pino({ level, base: null }, destination);
  // Loading pino-pretty takes 70 ms.
  const { prettyLine } = await import('./pretty_log.js');
  return pino({ level, base: null }, { write: (line) => destination.write(prettyLine(line)) });
}
