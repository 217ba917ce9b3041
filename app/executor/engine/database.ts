import { type Client, createClient } from '../../db/client.js';
import type { ExecutorAccess } from '../../db/connect.js';
import { hasCode } from '../../errors.js';

/** How long a connection may take until it is said that there is none. */
const CONNECT_PATIENCE_MS = 5_000;

export type ExecutorDatabase = Pick<Client, 'call'> & {
  /** Resolves when there is a connection, or the signal is aborted. */
  untilConnected(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

type ExecutorDatabaseOptions = ExecutorAccess & {
  /** Told of each new state of a connection. */
  onStateChange(state: string, reason: string): void;
};

/** Calls the primary: the first that says it takes changes, until it says otherwise. */
export function createExecutorDatabase({ addresses, ...options }: ExecutorDatabaseOptions): ExecutorDatabase {
  const clients = addresses.map((address) => createClient({ address, ...options }));
  let current = 0;

  function chosen(): Client {
    return clients[current] as Client;
  }

  function useOtherThan(client: Client): void {
    if (chosen() !== client) return;
    const other = clients.findIndex((each) => each !== client && each.state() === 'ready');
    if (other !== -1) current = other;
  }

  return {
    async call(procedure, args, callOptions) {
      const client = chosen();
      try {
        return await client.call(procedure, args, callOptions);
      } catch (reason) {
        if (hasCode(reason, 'DATABASE_AWAY')) useOtherThan(client);
        throw reason;
      }
    },

    async untilConnected(signal) {
      const hasConnection = () => clients.some((client) => client.state() === 'ready');
      while (!hasConnection() && !signal.aborted) {
        await Promise.any([
          ...clients.map((client) => client.whenReady(CONNECT_PATIENCE_MS)),
          new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
        ]).catch(() => {});
      }
      if (chosen().state() !== 'ready') useOtherThan(chosen());
    },

    async close() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
