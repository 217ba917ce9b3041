import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TarantoolAddress } from '../../../app/config.js';

export type BadNet = {
  /** The TCP address to which clients connect. */
  address: { host: string; port: number };
  /** The number of accepted connections so far. */
  connectionCount(): number;
  /** Closes all connections in both directions. */
  cut(): void;
  /** Silently drops all data of the present connections from now on; new connections work normally. */
  swallow(): void;
  /** Stops the data from Tarantool to the clients until `release`, like a stalled network. */
  hold(): void;
  release(): void;
  /** Splits data to the clients into pieces of these sizes, in turn; an empty list passes it unchanged. */
  rechunk(sizes: readonly number[]): void;
  /** Sends clients bytes that did not come from Tarantool. */
  inject(bytes: Buffer): void;
  close(): Promise<void>;
};

type Pair = { client: Socket; upstream: Socket; isSwallowed: boolean };

/** A TCP proxy in the test process that simulates network faults. */
export async function startBadNet(target: TarantoolAddress): Promise<BadNet> {
  const pairs = new Set<Pair>();
  let connectionCount = 0;
  let sizes: readonly number[] = [];
  let held: Promise<void> | undefined;
  let letGo = () => {};

  /** Yields to the event loop between pieces, so that each arrives separately. */
  async function writeInPieces(pair: Pair, chunk: Buffer): Promise<void> {
    await held;
    if (sizes.length === 0) {
      pair.client.write(chunk);
      return;
    }
    for (let at = 0, turn = 0; at < chunk.length && !pair.client.destroyed; turn++) {
      const size = sizes[turn % sizes.length] as number;
      pair.client.write(chunk.subarray(at, at + size));
      at += size;
      await nextTurn();
    }
  }

  function join(client: Socket): void {
    connectionCount++;
    const upstream = connect(target as { host: string; port: number });
    const pair: Pair = { client, upstream, isSwallowed: false };
    pairs.add(pair);
    client.setNoDelay(true);
    client.on('data', (chunk) => {
      if (!pair.isSwallowed) upstream.write(chunk);
    });
    let lastWritten = Promise.resolve();
    upstream.on('data', (chunk) => {
      lastWritten = lastWritten.then(() => (pair.isSwallowed ? undefined : writeInPieces(pair, chunk)));
    });
    for (const socket of [client, upstream]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        // A side whose data is dropped must not see that the other side closed.
        if (!pair.isSwallowed || socket === client) {
          client.destroy();
          upstream.destroy();
          pairs.delete(pair);
        }
      });
    }
  }

  const server = createServer(join);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const proxy: BadNet = {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    connectionCount: () => connectionCount,
    cut() {
      for (const { client, upstream } of pairs) {
        client.destroy();
        upstream.destroy();
      }
    },
    swallow() {
      for (const pair of pairs) pair.isSwallowed = true;
    },
    hold() {
      held = new Promise((resolve) => {
        letGo = resolve;
      });
    },
    release() {
      held = undefined;
      letGo();
    },
    rechunk(newSizes) {
      sizes = newSizes;
    },
    inject(bytes) {
      for (const { client } of pairs) client.write(bytes);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      proxy.release();
      proxy.cut();
      await closed;
    },
  };
  return proxy;
}
