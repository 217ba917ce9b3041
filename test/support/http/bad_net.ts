import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TarantoolAddress } from '../../../app/config.js';

export type BadNet = {
  /** Where its clients connect to, over TCP. */
  address: { host: string; port: number };
  /** Connections that it took so far. */
  connectionCount(): number;
  /** Ends all connections in both directions. */
  cut(): void;
  /** From now on the connections there are lead nowhere, and neither side is told; new ones are as they should be. */
  swallow(): void;
  /** Takes no bytes from Tarantool to the clients until `release`, as a net that stands still. */
  hold(): void;
  release(): void;
  /** Bytes towards the clients go in pieces of these sizes, in turn; none: as they come. */
  rechunk(sizes: readonly number[]): void;
  /** Sends bytes to the clients that Tarantool did not send. */
  inject(bytes: Buffer): void;
  close(): Promise<void>;
};

type Pair = { client: Socket; upstream: Socket; isSwallowed: boolean };

/** A TCP proxy in the test's own process that can do to a connection what a bad net does. */
export async function startBadNet(target: TarantoolAddress): Promise<BadNet> {
  const pairs = new Set<Pair>();
  let connectionCount = 0;
  let sizes: readonly number[] = [];
  let held: Promise<void> | undefined;
  let letGo = () => {};

  /** A turn of the loop between the pieces, so that each arrives alone. */
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
        // A side whose bytes are swallowed is not to learn of the other's end.
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
