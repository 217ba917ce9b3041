import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCitizens } from '../../app/census/demo/citizens.js';
import { sendFuzz, toSendable } from '../support/census/import_requests.js';
import { createWireClient, encodeRequest, NoAnswer, type WireRequest } from '../support/contract/wire.js';
import { ENCODERS, WRITERS } from '../support/http/bodies.js';
import type { Supply } from './supply.js';

/** One visit of a client, from connecting to leaving. Returns the statuses that it received. */
export type Client = () => Promise<readonly number[]>;

export type ClientsOptions = { port: number; supply: Supply; random: () => number; bodyLimitBytes: number };

const MAX_PIPELINED = 40;
const MAX_WATCH_MS = 2_000;
const MAX_STAY_MS = 60;
const JUNK_BYTES = 4_000;
const LARGE_IMPORT = 3_000;

/** Statuses in the bytes of a connection, including pipelined answers. */
function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(([, status]) => Number(status));
}

/** The kinds of clients, by name, with their relative frequency. */
export function createClients({ port, supply, random, bodyLimitBytes }: ClientsOptions) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const below = (limit: number) => Math.floor(random() * limit);

  function open(): { socket: Socket; received: () => string } {
    const socket = connect(port, '127.0.0.1');
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece));
    // A client that leaves sometimes resets the connection.
    socket.on('error', () => {});
    return { socket, received: () => Buffer.concat(pieces).toString('latin1') };
  }

  /** Closes the connection cleanly or by a reset. */
  function leave(socket: Socket): void {
    if (below(2) === 0) socket.resetAndDestroy();
    else socket.destroy();
  }

  async function sendAndLeave(bytes: Buffer, stayMs: number): Promise<readonly number[]> {
    const { socket, received } = open();
    socket.write(bytes);
    await sleep(below(stayMs));
    leave(socket);
    return statusesIn(received());
  }

  function eventsRequest(): WireRequest | undefined {
    const importId = supply.importId();
    if (importId === undefined) return undefined;
    return {
      method: 'GET',
      target: `/imports/${importId}/events`,
      headers: [['Host', `127.0.0.1:${port}`]],
      framing: 'length',
    };
  }

  const clients: Readonly<Record<string, { weight: number; run: Client }>> = {
    /** Any operation of the OpenAPI document, valid or damaged, until its answer. */
    'any operation': {
      weight: 40,
      async run() {
        const client = createWireClient(port);
        try {
          const statuses: number[] = [];
          for (let left = 1 + below(4); left > 0; left--) {
            const wire = supply.operation();
            const answer = await client.exchange(wire);
            supply.learn(answer, wire.target);
            statuses.push(answer.status);
          }
          return statuses;
        } finally {
          client.close();
        }
      },
    },
    /** All formats and encodings, valid and damaged; occasionally a bomb. */
    import: {
      weight: 12,
      async run() {
        const answer = await sendFuzz(port, agent, toSendable(supply.importRecipe(), bodyLimitBytes));
        return answer === undefined ? [] : [answer.status];
      },
    },
    'large import, perhaps left in the middle': {
      weight: 2,
      async run() {
        const body = ENCODERS.gzip(Buffer.from(WRITERS.ndjson(makeCitizens(LARGE_IMPORT, 300, below(1_000)))));
        const headers = [
          ['Host', `127.0.0.1:${port}`],
          ['Content-Type', 'application/x-ndjson'],
          ['Content-Encoding', 'gzip'],
        ] as const;
        const bytes = encodeRequest({ method: 'POST', target: '/imports', headers, body, framing: 'length' });
        const isLeft = below(2) === 0;
        return sendAndLeave(isLeft ? bytes.subarray(0, below(bytes.length)) : bytes, isLeft ? MAX_STAY_MS : 2_000);
      },
    },
    'leaves before its request is whole': {
      weight: 8,
      run() {
        const bytes = encodeRequest(supply.operation());
        return sendAndLeave(bytes.subarray(0, below(bytes.length)), MAX_STAY_MS);
      },
    },
    'leaves before or while it is answered': {
      weight: 12,
      run: () => sendAndLeave(encodeRequest(supply.operation()), MAX_STAY_MS),
    },
    'pipelines, and leaves somewhere in between': {
      weight: 6,
      run() {
        const requests = Array.from({ length: 2 + below(MAX_PIPELINED) }, () => encodeRequest(supply.operation()));
        return sendAndLeave(Buffer.concat(requests), MAX_STAY_MS * 5);
      },
    },
    'pipelines streams of events': {
      weight: 3,
      async run() {
        const request = eventsRequest();
        if (request === undefined) return [];
        const bytes = encodeRequest(request);
        return sendAndLeave(Buffer.concat(Array.from({ length: 1 + below(MAX_PIPELINED) }, () => bytes)), MAX_WATCH_MS);
      },
    },
    'watches, then sends junk': {
      weight: 4,
      async run() {
        const request = eventsRequest();
        if (request === undefined) return [];
        const { socket, received } = open();
        socket.write(encodeRequest(request));
        await sleep(below(MAX_WATCH_MS));
        for (let left = below(30); left > 0 && socket.writable; left--) {
          socket.write(Buffer.from([0]));
          await sleep(1);
        }
        leave(socket);
        return statusesIn(received());
      },
    },
    'sends junk': {
      weight: 3,
      run() {
        const junk = Buffer.from(Array.from({ length: below(JUNK_BYTES) }, () => below(256)));
        return sendAndLeave(
          below(2) === 0 ? junk : Buffer.concat([Buffer.from('GET / HTTP/1.1\r\n'), junk]),
          MAX_STAY_MS,
        );
      },
    },
    'connects and says nothing': {
      weight: 2,
      run: () => sendAndLeave(Buffer.alloc(0), MAX_WATCH_MS),
    },
  };

  const total = Object.values(clients).reduce((sum, { weight }) => sum + weight, 0);
  return {
    /** Selects a kind by its weight. */
    pick(): { kind: string; run: Client } {
      let at = below(total);
      for (const [kind, { weight, run }] of Object.entries(clients)) {
        if (at < weight) return { kind, run };
        at -= weight;
      }
      throw new Error('the weights do not add up');
    },
    close: () => agent.destroy(),
  };
}

/** Whether a client's failure is of a kind that the service must not cause. */
export function isLostAnswer(reason: unknown): boolean {
  return reason instanceof NoAnswer;
}
