import type { Socket } from 'node:net';
import TarantoolConnection from 'tarantool-driver';
import type { TarantoolAddress } from '../../config.js';
import { createByteQueue } from './frames.js';

const GREETING_BYTES = 128;
const GREETING_START = 'Tarantool';
/** 0xce and four bytes: the only form of a frame's length that the driver reads. */
const LENGTH_BYTES = 5;
const LENGTH_CODE = 0xce;
/** The reply to an authentication takes some 30 bytes, a refusal with its words and details a few hundred. */
const MAX_REPLY_BYTES = 64 * 1024;

export type ConnectOptions = {
  address: TarantoolAddress;
  user: string;
  password: string;
  timeoutMs: number;
};

/**
 * Feeds the driver whole pieces: the greeting, then the reply to its authentication. On its own it takes a greeting or
 * reply that comes in two chunks for something else.
 */
function createHandshakeFeed(socket: Socket, fail: (reason: Error) => void): (chunk: Buffer) => void {
  const driverReceive = socket.listeners('data')[0] as (chunk: Buffer) => void;
  const queue = createByteQueue();
  let greeted = false;

  function feed(chunk: Buffer): void {
    queue.push(chunk);
    if (!greeted) {
      const greeting = queue.take(GREETING_BYTES);
      if (greeting === undefined) return;
      if (!greeting.toString('latin1').startsWith(GREETING_START)) throw notTarantool();
      greeted = true;
      driverReceive(greeting);
    }
    const head = queue.peek(LENGTH_BYTES);
    if (head === undefined) return;
    const length = head.readUInt32BE(1);
    if (head[0] !== LENGTH_CODE || length > MAX_REPLY_BYTES) throw notTarantool();
    const reply = queue.take(LENGTH_BYTES + length);
    if (reply !== undefined) driverReceive(reply);
  }

  return (chunk) => {
    try {
      feed(chunk);
    } catch (reason) {
      // The driver throws at a reply that it cannot read; from here that would end the process.
      fail(reason as Error);
    }
  };
}

function notTarantool(): Error {
  return new Error('what answers there is not a Tarantool');
}

/**
 * Connects and authenticates with the driver, then takes the socket out of its hands: its receive path does not
 * survive concurrency (docs/adr/0001). The socket comes back without a listener for data: put yours on at once.
 * @throws what went wrong, in words for the log
 */
export function openConnection({ address, user, password, timeoutMs }: ConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const driver = new TarantoolConnection({
      ...address,
      username: user,
      password,
      lazyConnect: true,
      enableOfflineQueue: false,
      retryStrategy: null,
    });
    const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);

    function fail(reason: Error): void {
      clearTimeout(timer);
      driver.socket?.destroy();
      reject(reason);
    }

    driver.on('error', fail);
    // Its promise stays open when authentication fails; the events tell all.
    driver.connect().catch(fail);
    driver.once('close', () => fail(new Error('the connection was closed while it was being set up')));
    driver.once('connect', () => {
      clearTimeout(timer);
      driver.socket.removeAllListeners('data');
      resolve(driver.socket);
    });
    // connect() makes the socket in the next tick and puts its listener on it; this tick comes right after.
    process.nextTick(() => {
      try {
        const { socket } = driver;
        const feed = createHandshakeFeed(socket, fail);
        socket.removeAllListeners('data');
        socket.on('data', feed);
      } catch (reason) {
        // The driver has made no socket.
        fail(reason as Error);
      }
    });
  });
}
