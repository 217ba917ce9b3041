import { type ErrorCode, ServiceError } from '../../errors.js';
import { cutOff } from '../bodies/body.js';
import { type Connection, failReader, isOver } from './connection.js';
import { closeAfterAnswers } from './lingering.js';
import { answerRaw } from './raw_answers.js';

/** An error of Node's HTTP parser. */
export type InputError = NodeJS.ErrnoException & { bytesParsed?: number; rawPacket?: Buffer };

/** Node's error codes for requests that could not be parsed. */
const PROBLEMS: Readonly<Record<string, [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The request headers are over 16 KB.'],
  HPE_INVALID_URL: [
    'BAD_REQUEST',
    'The URL contains a character that must be percent-encoded, such as a non-ASCII letter (curl: -G --data-urlencode).',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request was not received in time.'],
};

/** Node's error codes for a connection that ended before the end of the body. */
const CUT_OFF: ReadonlySet<string | undefined> = new Set(['HPE_INVALID_EOF_STATE', 'ECONNRESET']);

const REQUEST_LINE = /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/\d\.\d$/;
/** The same of a line whose end is not there yet: a method, and whatever follows the blank. */
const BEGUN_LINE = /^[\w!#$%&'*+.^`|~-]+(?: |$)/;
/** Only this much of a request line is inspected. */
const MAX_LINE_BYTES = 1024;

/** Whether the parser failed at the method of an otherwise valid request line. */
function hasUnknownMethod({ code, rawPacket, bytesParsed = 0 }: InputError): boolean {
  if (code !== 'HPE_INVALID_METHOD' || rawPacket === undefined) return false;
  const start = bytesParsed === 0 ? 0 : rawPacket.lastIndexOf('\n', bytesParsed - 1) + 1;
  const text = rawPacket.toString('latin1', start, start + MAX_LINE_BYTES);
  const end = text.indexOf('\r\n');
  return end < 0 ? BEGUN_LINE.test(text) : REQUEST_LINE.test(text.slice(0, end));
}

function toProblem(reason: InputError): ServiceError {
  if (hasUnknownMethod(reason)) {
    return new ServiceError('METHOD_NOT_IMPLEMENTED', 'The service does not implement this method.');
  }
  return new ServiceError(...(PROBLEMS[reason.code ?? ''] ?? ['BAD_REQUEST', 'This is not valid HTTP.']));
}

/**
 * Handles invalid HTTP, slow input and early ends, once per connection, since Node reports an error for every packet
 * that follows. The fault is answered at most once; a complete request gets its own answer and no second one. Then the
 * connection is closed.
 */
export function handleBrokenInput(connection: Connection, reason: InputError): void {
  if (connection.isBroken) return;
  connection.isBroken = true;
  const { socket, latest } = connection;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  if (latest === undefined || isOver(latest)) {
    answerRaw(connection, toProblem(reason));
    return;
  }
  // Further input is useless.
  socket.pause();
  const error = CUT_OFF.has(reason.code) ? cutOff() : toProblem(reason);
  if (failReader(latest, error)) return;
  // A handler that starts reading the body later gets the error then.
  latest.request.once('resume', () => failReader(latest, error));
  closeAfterAnswers(connection);
}
