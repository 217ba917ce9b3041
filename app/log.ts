import { type Logger, pino } from 'pino';

const STDOUT = 1;
/** Of lines that cannot be written now, because the disk is full, say; what comes beyond is dropped. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

/**
 * The log on stdout. That it cannot be written never reaches those who log: with pino's own destination each of them
 * would get the error thrown at it. `onUnwritable` is called with the first such error.
 */
export function createLog(level: string, onUnwritable: (reason: NodeJS.ErrnoException) => void): Logger {
  const destination = pino.destination({ dest: STDOUT, sync: true, maxLength: MAX_UNWRITTEN_BYTES });
  let isTold = false;
  destination.on('error', (reason: NodeJS.ErrnoException) => {
    if (isTold) return;
    isTold = true;
    onUnwritable(reason);
  });
  return pino({ level, base: null }, destination);
}
