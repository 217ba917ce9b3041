import { ERRORS, ServiceError } from '../../errors.js';
import { NO_STORE, PROBLEM_TYPE, toProblem } from '../problem.js';
import type { Connection } from './connection.js';
import { closeGently, cutLongAnswers } from './lingering.js';

/** Writes a response to a bare socket, for which there is no response object, and ends the connection. */
export function answerRaw(connection: Connection, error: ServiceError): void {
  const body = JSON.stringify(toProblem(error, 'none'));
  const { status, title } = ERRORS[error.code];
  connection.socket.write(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: ${NO_STORE}\r\nConnection: close\r\n\r\n${body}`,
  );
  closeGently(connection);
}

/** Answers CONNECT, which asks for a tunnel: Node hands over the bare socket without its own listeners. */
export function refuseConnect(connection: Connection): void {
  connection.isBroken = true;
  connection.socket.on('error', () => {});
  const answer = () => {
    if (!connection.socket.writable) return;
    answerRaw(
      connection,
      new ServiceError('METHOD_NOT_IMPLEMENTED', 'The service is not a proxy and opens no tunnels.'),
    );
  };
  if (connection.oldest === undefined) {
    answer();
    return;
  }
  // Responses to earlier requests are sent first.
  connection.latest?.response.once('finish', answer);
  cutLongAnswers(connection);
}
