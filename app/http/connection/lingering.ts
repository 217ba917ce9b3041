import type { Connection, Exchange } from './connection.js';

// When a socket is closed while the client is still sending, the kernel answers with a reset, which can overtake the
// answer. So what comes behind an answer is read and dropped for a while.

function setDeadline(connection: Connection, onDeadline: () => void): void {
  clearTimeout(connection.deadline);
  connection.deadline = setTimeout(onDeadline, connection.lingerMs);
}

/** Ends the connection on this side, and as a whole once the client ends it too, or after lingerMs. */
export function closeGently(connection: Connection): void {
  const { socket } = connection;
  // The socket destroys itself once both sides have ended.
  socket.end();
  socket.resume();
  setDeadline(connection, () => socket.destroy());
}

/** Lets the rest of a body that was answered early come in and drops it, for at most lingerMs. */
export function dropRestOfBody(connection: Connection, { request }: Exchange): void {
  const { socket } = connection;
  setDeadline(connection, () => socket.destroy());
  request.once('end', () => {
    if (connection.isBroken) return;
    if (socket.writableEnded) socket.destroySoon();
    else clearTimeout(connection.deadline);
  });
}

/** Node destroys a connection as soon as its last answer is handed over: from here on not while the client may still send. */
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
 * Bounds the life of a connection from which nothing more is read: an answer that is being made is awaited; one that is
 * being sent gets lingerMs, for a stream of events never ends.
 */
export function cutLongAnswers(connection: Connection): void {
  const cut = () => {
    if (connection.oldest?.response.headersSent === false) setDeadline(connection, cut);
    else connection.socket.destroy();
  };
  setDeadline(connection, cut);
}

/** Ends a connection from which nothing more is read, once its last answer is out. */
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
