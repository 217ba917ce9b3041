/** The part of the driver's interface that Svodka uses: @types/tarantool-driver does not match version 3.1.0. */
declare module 'tarantool-driver' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  type Options = {
    path?: string;
    host?: string;
    port?: number;
    username: string;
    password: string;
    lazyConnect: boolean;
    enableOfflineQueue: boolean;
    retryStrategy: null;
  };

  class TarantoolConnection extends EventEmitter {
    constructor(options: Options);
    /** Set one tick after connect(). */
    socket: Socket;
    connect(): Promise<void>;
  }

  export = TarantoolConnection;
}
