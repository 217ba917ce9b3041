import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { PROCEDURES } from '../../../app/health/procedures.js';
import { closeClients, makeClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { startBadNet } from '../../support/http/bad_net.js';
import { until } from '../../support/until.js';

/** A server on loopback that handles each connection with the given function. */
async function startServer(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    // Incoming data must be read, or the end of the connection would never be seen.
    socket.on('error', () => {}).resume();
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

const GREETING = `${'Tarantool 2.6.0 (Binary) 00000000-0000-0000-0000-000000000000'.padEnd(63)}\n${Buffer.alloc(32, 7)
  .toString('base64')
  .padEnd(63)}\n`;

/** Sends Tarantool's greeting and answers the next request with these bytes. */
function greetThen(bytes: Buffer) {
  return (socket: Socket) => {
    socket.write(GREETING);
    socket.once('data', () => socket.write(bytes));
  };
}

describe('the fenced client, before it is connected', () => {
  let tarantool: RunningTarantool;
  before(async () => {
    tarantool = await startTarantool();
  });
  after(() => tarantool.end('SIGKILL'));
  afterEach(closeClients);

  it('tells that a password is wrong, and asks again no faster than its back-off', async () => {
    const proxy = await startBadNet(tarantool.address);
    const told: string[] = [];
    const client = makeClient({
      address: proxy.address,
      password: 'another one',
      onStateChange: (_, reason) => told.push(reason),
    });
    await assert.rejects(client.whenReady(1_000), /password/i);
    // 50 ms, doubled each time: five connections in a second, on any machine.
    assert.ok(proxy.connectionCount() <= 6, `${proxy.connectionCount()} connections`);
    assert.equal(told.filter((reason) => /password/i.test(reason)).length, 1, 'the log has it once');
    await client.close(0);
    await proxy.close();
  });

  it('tells that nobody listens, and is there once somebody does', async (t) => {
    const { server, port } = await startServer(() => {});
    server.close();
    await once(server, 'close');
    const client = makeClient({ address: { host: '127.0.0.1', port } });
    await assert.rejects(client.whenReady(200), /ECONNREFUSED/);
    const late = await startTarantool({ over: { port } });
    t.after(() => late.end('SIGKILL'));
    await client.whenReady(20_000);
    const [info] = await client.call(PROCEDURES.serviceInfo, []);
    assert.match(String(info.get('tarantool')), /^\d+\.\d+/);
    await client.close(0);
  });

  const strangers: [who: string, onConnection: (socket: Socket) => void, reason: RegExp][] = [
    ['a web server', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'.padEnd(200)), /is not Tarantool/],
    ['one that hangs up', (socket) => socket.destroy(), /closed|ECONNRESET/],
    ['one that says nothing', () => {}, /no connection within/],
    ['one that says half a greeting', (socket) => socket.write('Tarantool 2.6'), /no connection within/],
    ['one that greets and says no more', (socket) => socket.write(GREETING), /no connection within/],
    ['one that greets and hangs up', (socket) => socket.end(GREETING), /closed|ECONNRESET/],
    ['one that answers the authentication with zeros', greetThen(Buffer.alloc(64)), /is not Tarantool/],
    ['one whose answer is no MessagePack', greetThen(Buffer.from([0xce, 0, 0, 0, 3, 0xc1, 0xc1, 0xc1])), /0xc1/],
    ['one whose answer is to another request', greetThen(Buffer.from('ce0000000682000001ccff80', 'hex')), /./],
    [
      'one whose answer is longer than any',
      greetThen(Buffer.from([0xce, 0xff, 0xff, 0xff, 0xff, 1])),
      /is not Tarantool/,
    ],
    ['a Lua console of Tarantool', greetThen(Buffer.from('---\n- error: what\n...\n')), /is not Tarantool/],
  ];
  for (const [who, onConnection, reason] of strangers) {
    it(`tells that what listens there cannot be worked with: ${who}`, async () => {
      const sockets = new Set<Socket>();
      const { server, port } = await startServer((socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        onConnection(socket);
      });
      const client = makeClient({ address: { host: '127.0.0.1', port }, connectTimeoutMs: 150 });
      await assert.rejects(client.whenReady(500), reason);
      assert.equal(client.state(), 'connecting');
      await client.close(0);
      await until('no connection is left open', () => sockets.size === 0);
      server.close();
    });
  }
});
