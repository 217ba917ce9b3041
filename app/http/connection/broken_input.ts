import { type ErrorCode, ServiceError } from '../../errors.js';
import { cutOff } from '../bodies/body.js';
import { type Connection, failReader, isOver } from './connection.js';
import { closeAfterAnswers } from './lingering.js';
import { answerRaw } from './raw_answers.js';

/** What Node's parser says of input that it cannot take. */
export type InputError = NodeJS.ErrnoException & { bytesParsed?: number; rawPacket?: Buffer };

/** Node's own codes of requests that never became one. */
const PROBLEMS: Readonly<Record<string, [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The request headers are over 16 KB.'],
  HPE_INVALID_URL: [
    'BAD_REQUEST',
    'The URL has a character that must be percent-encoded, as letters outside ASCII must (curl: -G --data-urlencode).',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request was not complete in time.'],
};

/** Node's codes of a connection that ended, in one way or another, before the body did. */
const CUT_OFF: ReadonlySet<string | undefined> = new Set(['HPE_INVALID_EOF_STATE', 'ECONNRESET']);

const REQUEST_LINE = /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/\d\.\d$/;
/** The same of a line whose end is not there yet: a method, and whatever follows the blank. */
const BEGUN_LINE = /^[\w!#$%&'*+.^`|~-]+(?: |$)/;
/** Longer request lines are not looked at. */
const MAX_LINE_BYTES = 1024;

/** Whether the parser stopped at the method of what is a request line otherwise. */
function hasUnknownMethod({ code, rawPacket, bytesParsed = 0 }: InputError): boolean {
  if (code !== 'HPE_INVALID_METHOD' || rawPacket === undefined) return false;
  const start = bytesParsed === 0 ? 0 : rawPacket.lastIndexOf('\n', bytesParsed - 1) + 1;
  const text = rawPacket.toString('latin1', start, start + MAX_LINE_BYTES);
  const end = text.indexOf('\r\n');
  return end < 0 ? BEGUN_LINE.test(text) : REQUEST_LINE.test(text.slice(0, end));
}

function toProblem(reason: InputError): ServiceError {
  if (hasUnknownMethod(reason)) {
    return new ServiceError('METHOD_NOT_IMPLEMENTED', 'The service knows no such method.');
  }
  return new ServiceError(...(PROBLEMS[reason.code ?? ''] ?? ['BAD_REQUEST', 'This is not valid HTTP.']));
}

/**
 * Handles input that is not HTTP, came too slowly or ended early, once for a connection: Node reports an error for
 * every packet that follows. At most one answer says it; a request that was whole gets its own answer and no second
 * one. Then the connection is closed.
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
  // Nothing that still comes is of use.
  socket.pause();
  const error = CUT_OFF.has(reason.code) ? cutOff() : toProblem(reason);
  if (failReader(latest, error)) return;
  // A handler that begins to read the body only later fails then.
  latest.request.once('resume', () => failReader(latest, error));
  closeAfterAnswers(connection);
}
