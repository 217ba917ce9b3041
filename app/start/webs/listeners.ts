import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ListenOn } from '../listen.js';
import type { ServerName } from './messages.js';

type Listeners = {
  listenOn: Readonly<Record<ServerName, ListenOn>>;
  /** Accepts no more connections. */
  close(): void;
};

/** Accepts connections for web processes, and reads nothing of them. */
export function createListeners(onConnection: (server: ServerName, socket: Socket) => void): Listeners {
  const servers: Server[] = [];

  function listener(name: ServerName): ListenOn {
    return (host, port) =>
      new Promise((resolve, reject) => {
        const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
          onConnection(name, socket),
        );
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          servers.push(server);
          resolve((server.address() as AddressInfo).port);
        });
      });
  }

  return {
    listenOn: { api: listener('api'), metrics: listener('metrics') },
    close() {
      for (const server of servers) server.close();
    },
  };
}
