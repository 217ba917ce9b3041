import { ServiceError } from '../../errors.js';
import { type Connection, failReader, isBodyAwaited } from './connection.js';
import { closeAfterAnswers } from './lingering.js';

/** In each span in which the body was awaited, it must arrive at this rate or end. */
type PaceLimits = { spanMs: number; minBytesPerSecond: number; checkEveryMs: number };

/** Answers 408 to clients that send a body too slowly; must be called every checkEveryMs. O(connections). */
export function checkPace(connections: Iterable<Connection>, limits: PaceLimits): void {
  const { spanMs, minBytesPerSecond, checkEveryMs } = limits;
  for (const connection of connections) {
    const { socket, latest } = connection;
    if (latest === undefined || !isBodyAwaited(latest)) continue;
    latest.awaitedMs += checkEveryMs;
    if (latest.awaitedMs < spanMs) continue;
    const bytes = socket.bytesRead - latest.bytesBefore;
    if (bytes * 1_000 < minBytesPerSecond * latest.awaitedMs) {
      const error = new ServiceError('REQUEST_TIMEOUT', `The body arrived at less than ${minBytesPerSecond} bytes/s.`);
      if (!failReader(latest, error)) closeAfterAnswers(connection);
    }
    latest.awaitedMs = 0;
    latest.bytesBefore = socket.bytesRead;
  }
}
