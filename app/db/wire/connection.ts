import type { Socket } from 'node:net';
import TarantoolConnection from 'tarantool-driver';
import type { TarantoolAddress } from '../../config.js';
import { createByteQueue } from './frames.js';

const GREETING_BYTES = 128;
const GREETING_START = 'Tarantool';
/** 0xce and four bytes: the only encoding of a frame length that the driver accepts. */
const LENGTH_BYTES = 5;
const LENGTH_CODE = 0xce;
/** A successful authentication reply takes about 30 bytes, a refusal with message and details a few hundred. */
const MAX_REPLY_BYTES = 64 * 1024;

export type ConnectOptions = {
  address: TarantoolAddress;
  user: string;
  password: string;
  timeoutMs: number;
};

/**
 * Passes complete messages to the driver: the greeting, then the authentication reply. The driver misreads a message
 * that arrives in two chunks.
 */
function createHandshakeFeed(socket: Socket, fail: (reason: Error) => void): (chunk: Buffer) => void {
  const driverReceive = socket.listeners('data')[0] as (chunk: Buffer) => void;
  const queue = createByteQueue();
  let hasGreeting = false;

  function feed(chunk: Buffer): void {
    queue.push(chunk);
    if (!hasGreeting) {
      const greeting = queue.take(GREETING_BYTES);
      if (greeting === undefined) return;
      if (!greeting.toString('latin1').startsWith(GREETING_START)) throw notTarantool();
      hasGreeting = true;
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
      // The driver throws on a reply that it cannot parse; uncaught, that error would end the process.
      fail(reason as Error);
    }
  };
}

function notTarantool(): Error {
  return new Error('the server at this address is not Tarantool');
}

/**
 * Connects and authenticates with the driver, then takes over its socket, because the driver's receive path fails under
 * concurrency (docs/adr/0001). The socket has no `data` listener: add one immediately.
 * @throws an error whose message is meant for the log
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
    // Its promise never settles when authentication fails; the `error` and `close` events are reliable.
    driver.connect().catch(fail);
    driver.once('close', () => fail(new Error('the connection was closed during the handshake')));
    driver.once('connect', () => {
      clearTimeout(timer);
      driver.socket.removeAllListeners('data');
      resolve(driver.socket);
    });
    // connect() creates the socket and adds its listener in the next tick; this callback runs right after.
    process.nextTick(() => {
      try {
        const { socket } = driver;
        const feed = createHandshakeFeed(socket, fail);
        socket.removeAllListeners('data');
        socket.on('data', feed);
      } catch (reason) {
        // The driver created no socket.
        fail(reason as Error);
      }
    });
  });
}
