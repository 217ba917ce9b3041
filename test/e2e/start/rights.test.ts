import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { openConnection } from '../../../app/db/wire/connection.js';
import type { Frame } from '../../../app/db/wire/frames.js';
import { ByteString, decode } from '../../../app/db/wire/msgpack.js';
import { packRows } from '../../support/census/rows.js';
import { type Body, createRequester, type REQUESTS } from '../../support/db/iproto.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';

const ERROR = 0x8000;
const ACCESS_DENIED = ERROR | 42;
const GREETING_BYTES = 128;

/** _schema, _space, _vspace, _index, _func, _user, _priv, _cluster; then the first spaces of the service. */
const SPACES = [272, 280, 281, 288, 296, 304, 312, 320, 512, 513, 514];

type Attempt = [what: string, type: keyof typeof REQUESTS, body: Body];

const forbidden: Attempt[] = [
  ['Lua', 'eval', { expression: 'return 1', tuple: [] }],
  // SQL that names no space cannot be denied in Tarantool 2.6, not even to guest: any client that connects can run it.
  ['a read by SQL', 'execute', { sql: 'SELECT * FROM "citizens"', bind: [] }],
  ['a delete by SQL', 'execute', { sql: 'DELETE FROM "citizens"', bind: [] }],
  ['a drop by SQL', 'execute', { sql: 'DROP TABLE "citizens"', bind: [] }],
  ['Lua by SQL', 'execute', { sql: "SELECT LUA('return 1')", bind: [] }],
  ['a new password', 'call', { procedure: 'box.schema.user.passwd', tuple: ['x'] }],
  ['a new space', 'call', { procedure: 'box.schema.space.create', tuple: ['x'] }],
  ['the end of the process', 'call', { procedure: 'os.exit', tuple: [] }],
  ['a program', 'call', { procedure: 'os.execute', tuple: ['true'] }],
  ['a procedure past its envelope', 'call', { procedure: 'svodka.imports', tuple: [] }],
  ...SPACES.flatMap((space): Attempt[] => [
    [`a read of ${space}`, 'select', { space, index: 0, limit: 1, offset: 0, iterator: 2, key: [] }],
    [`an insert into ${space}`, 'insert', { space, tuple: [1] }],
    [`a replace in ${space}`, 'replace', { space, tuple: [1] }],
    [`an update of ${space}`, 'update', { space, index: 0, key: [1], tuple: [['=', 1, 1]] }],
    [`an upsert into ${space}`, 'upsert', { space, tuple: [1], operations: [['=', 1, 1]] }],
    [`a delete from ${space}`, 'delete', { space, index: 0, key: [1] }],
  ]),
];

describe('rights over the wire', () => {
  let tarantool: RunningTarantool;
  let address: { path: string };
  before(async () => {
    tarantool = await startTarantool();
    address = tarantool.address as { path: string };
    const { user, password } = tarantool;
    const socket = await openConnection({ address, user, password, timeoutMs: 10_000 });
    const [rows] = packRows(makeCitizens(1, 0)).map((chunk) => new ByteString(chunk)) as [ByteString];
    const stored = await createRequester(socket)('call', { procedure: 'svodka.imports.create', tuple: [rows, 0] });
    // The call succeeds, so the spaces that are denied below do exist.
    assert.deepEqual((decode(stored.body).value as Map<number, unknown>).get(0x30), [true, 1]);
    socket.destroy();
  });
  after(async () => {
    await tarantool.end();
  });

  it("the application's user may call the procedures of the service and nothing else", async () => {
    const { user, password } = tarantool;
    const socket = await openConnection({ address, user, password, timeoutMs: 10_000 });
    const send = createRequester(socket);
    assert.equal((await send('call', { procedure: 'svodka.service.info', tuple: [] })).code, 0);
    for (const [what, type, body] of forbidden) {
      assert.equal((await send(type, body)).code, ACCESS_DENIED, what);
    }
    assert.equal((await send('call', { procedure: 'svodka.service.info', tuple: [] })).code, 0);
    socket.destroy();
  });

  it('who does not say a name and a password may do nothing at all', async () => {
    const attempts: Attempt[] = [
      ...forbidden,
      ['a procedure', 'call', { procedure: 'svodka.service.info', tuple: [] }],
    ];
    for (const [what, type, body] of attempts) {
      const socket = connect(address.path);
      const [greeting] = (await once(socket, 'data')) as [Buffer];
      assert.equal(greeting.length, GREETING_BYTES);
      const answer = await createRequester(socket)(type, body).catch((): Frame | undefined => undefined);
      // Either a refusal or a closed connection is correct.
      assert.ok(answer === undefined || (answer.code & ERROR) !== 0, what);
      socket.destroy();
    }
  });

  it('the user of replication reads, writes nothing but who follows, and runs what instances ask each other alone', async () => {
    const replicated = await startTarantool({ env: { SVODKA_REPLICATION_PASSWORD: 'for-the-replicas' } });
    const socket = await openConnection({
      address: replicated.address as { path: string },
      user: 'replicator',
      password: 'for-the-replicas',
      timeoutMs: 10_000,
    });
    const send = createRequester(socket);
    assert.equal((await send('call', { procedure: 'peer.replication.state', tuple: [] })).code, 0);
    // A replica writes itself into _cluster (320). In 2.6, SQL lets a user with read access empty a space: whoever has
    // this password controls the data (docs/operations.md).
    const attempts = forbidden.filter(([what]) => !/^a read |by SQL$| 320$/.test(what));
    for (const [what, type, body] of attempts) assert.equal((await send(type, body)).code, ACCESS_DENIED, what);
    for (const procedure of ['svodka.service.info', 'svodka.imports.delete', 'svodka.replication.state']) {
      assert.equal((await send('call', { procedure, tuple: [1] })).code, ACCESS_DENIED, procedure);
    }
    socket.destroy();
    await replicated.end();
  });
});
