import type { Connection, Exchange } from './connection.js';

// If a socket is closed while the client is still sending, the kernel sends a reset, which can overtake the response.
// Therefore data after a response are read and discarded for a while.

function setDeadline(connection: Connection, onDeadline: () => void): void {
  clearTimeout(connection.deadline);
  connection.deadline = setTimeout(onDeadline, connection.lingerMs);
}

/** Ends this side of the connection; the connection is closed when the client ends its side, or after lingerMs. */
export function closeGently(connection: Connection): void {
  const { socket } = connection;
  // The socket is destroyed automatically once both sides have ended.
  socket.end();
  socket.resume();
  setDeadline(connection, () => socket.destroy());
}

/** Reads and discards the rest of a body that was answered early, for at most lingerMs. */
export function dropRestOfBody(connection: Connection, { request }: Exchange): void {
  const { socket } = connection;
  setDeadline(connection, () => socket.destroy());
  request.once('end', () => {
    if (connection.isBroken) return;
    if (socket.writableEnded) socket.destroySoon();
    else clearTimeout(connection.deadline);
  });
}

/**
 * Node destroys a connection when its last response has been handed over; this prevents it while the client may still
 * be sending.
 */
export function lingerAtEnd(connection: Connection): void {
  const { socket } = connection;
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    const isAllRead = connection.latest?.request.complete !== false && !connection.isBroken;
    if (isAllRead || socket.readableEnded) destroySoon();
    else closeGently(connection);
  };
}

/**
 * Limits the life of a connection that is no longer read: a response that has not started is awaited; one being sent
 * gets lingerMs, because event streams never end.
 */
export function cutLongAnswers(connection: Connection): void {
  const cut = () => {
    if (connection.oldest?.response.headersSent === false) setDeadline(connection, cut);
    else connection.socket.destroy();
  };
  setDeadline(connection, cut);
}

/** Closes a connection that is no longer read once its last response has been sent. */
export function closeAfterAnswers(connection: Connection): void {
  const { latest } = connection;
  if (latest === undefined || connection.oldest === undefined) {
    closeGently(connection);
    return;
  }
  if (!latest.response.headersSent) latest.response.setHeader('Connection', 'close');
  else latest.response.once('finish', () => closeGently(connection));
  cutLongAnswers(connection);
}
