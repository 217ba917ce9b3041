import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { createAnswerChecks, headFaults } from '../../support/contract/checks.js';
import { createSchemaCheck, type OpenApi, type Operation, operationsOf } from '../../support/contract/document.js';
import { createFollowUps } from '../../support/contract/follow_ups.js';
import { createLedger } from '../../support/contract/ledger.js';
import { type RequestParts, reasonToRefuse, toWire } from '../../support/contract/parts.js';
import { createPool } from '../../support/contract/pool.js';
import { createRequests, type RequestRecipe } from '../../support/contract/requests.js';
import { CAR_NUMBER, makeTrafficThings, type TrafficThings } from '../../support/contract/traffic_things.js';
import { createWireClient, NoAnswer, type WireClient, type WireRequest } from '../../support/contract/wire.js';
import { postImport, request } from '../../support/http/http.js';
import { rpcCaller } from '../../support/http/rpc.js';
import { runs } from '../../support/random.js';
import { launchService } from '../../support/service.js';
import { useService } from '../../support/suite.js';
import { until } from '../../support/until.js';
import { type Caller, callerWith, readAdminToken } from '../../support/users.js';

const { numRuns: REQUESTS } = runs(2_000, 50_000);
const SEED = Number(process.env['SVODKA_TEST_SEED'] || Math.floor(Math.random() * 2 ** 31));
/** Number of recipes generated at a time. */
const ROUND = 50;
/** Requests delete imports; when fewer than this are left, more are posted. */
const MIN_IMPORTS = 4;
const MAX_MORE_TRIES = 300;
const MAX_SHOWN_FAULTS = 25;
/** Ids of removed objects are never reused. */
const USERNAMES = Array.from({ length: 60 }, (_, place) => `user${place}`);
const PARAMETERS = {
  // A read that names a future version waits for it, up to 5 s.
  min_version: fc.constantFrom('0', '1', '1', 'x'),
  // Excludes the administrators who send the requests: one of them would remove the other.
  username: fc.constantFrom(...USERNAMES, 'nobody', 'a name'),
  car_number: fc.constantFrom(CAR_NUMBER, 'none', 'a number'),
  project: fc.constantFrom('pr1', 'pr1', 'none', ''),
  workflow: fc.constantFrom('wf1', 'wf1', 'none', ''),
};
/**
 * The user for requests that need a token. It has no password, so that setting one succeeds however many wrong passwords
 * were sent before, which are limited.
 */
const TESTER = { username: 'tester', roles: ['admin'] };
/** The user who becomes a specialist in the document's example. */
const EXAMPLE_USER = 'lisa';
/**
 * Operations that need what no request of these makes: a specialist with an open case, a record of a stored camera, a file
 * with the columns of a register.
 */
const NEED_MORE = [
  'GET /specs/get-case',
  'POST /specs/vote',
  'POST /cameras/case',
  'POST /managers/import/{table}/upload-file',
];
const FILE = 'a.txt';
const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

describe(`every operation of /openapi.json, by chance (SVODKA_TEST_SEED=${SEED})`, () => {
  const service = useService({ env: { SVODKA_BODY_LIMIT: String(1024 ** 2) } });
  const pool = createPool();
  let document: OpenApi;
  let client: WireClient;
  let admin: Caller;
  let testersToken = '';
  let completeId: number;
  let things: TrafficThings;
  before(async () => {
    document = (await request<OpenApi>(`${service.url}/openapi.json`)).body;
    client = createWireClient(service.port);
    admin = callerWith(service.url, readAdminToken(service.dataDir));
    await admin.send('POST', '/api/v1/users/', TESTER);
    for (const username of [...USERNAMES, EXAMPLE_USER]) await admin.send('POST', '/api/v1/users/', { username });
    things = await makeTrafficThings(service.url, admin);
    await putFile();
    await renewToken();
    completeId = await completeTask();
    const context = { project: { name: 'pr1', workflows: [{ name: 'wf1' }] } };
    await rpcCaller(service.url, admin.token).call('workflow.create', { context });
  });

  async function putFile(): Promise<void> {
    await fetch(`${service.url}/files/${FILE}`, {
      method: 'PUT',
      headers: { Authorization: `Token ${admin.token}` },
      body: 'a file',
    });
  }

  /** A small picture, rendered by an executor started for it. */
  async function completeTask(): Promise<number> {
    const executor = launchService({ program: 'dist/app/executor/main.js', dataDir: service.dataDir });
    const { body } = await admin.send<{ id: number }>('POST', '/api/v1/task_create/', {
      args: { width: 8, height: 8 },
    });
    await until('the picture is rendered', async () => {
      const task = await admin.get<{ status: string }>(`/api/v1/tasks/${body.id}`);
      return task.body.status === 'complete';
    });
    await executor.stop();
    return body.id;
  }

  /** A tester that is enabled again has no tokens, then gets one. */
  async function renewToken(): Promise<void> {
    for (const enabled of [false, true]) await admin.send('PATCH', `/api/v1/users/${TESTER.username}`, { enabled });
    const path = `/api/v1/users/${TESTER.username}/tokens/`;
    testersToken = (await admin.send<{ token: string }>('POST', path, { name: 'tests' })).body.token;
  }
  after(() => client?.close());

  async function refill(seed: number): Promise<void> {
    if (pool.count('import_id') >= MIN_IMPORTS) return;
    for (let place = 0; place < MIN_IMPORTS; place++) {
      const importId = await postImport(service.url, makeCitizens(25, 6, seed + place));
      for (const path of ['', '/citizens', '/towns/stat/percentile/age']) {
        pool.learn(await request(`${service.url}/imports/${importId}${path}`).then(({ body }) => body));
      }
    }
  }

  it('answers as documented, HEAD as GET, and refuses what the document forbids', async (t) => {
    const check = createSchemaCheck(document);
    const { faultsOf } = createAnswerChecks(document, check);
    const requests = createRequests(document, {
      parameters: PARAMETERS,
      credentials: { bearer: () => testersToken },
    });
    const operations = operationsOf(document);
    const followUps = createFollowUps(operations);
    const ledger = createLedger(operations);
    let sent = 0;

    /** Undefined without an answer. @throws NoAnswer when the service is gone */
    async function send(operation: Operation, wire: WireRequest) {
      sent++;
      try {
        const answer = await client.exchange(wire);
        for (const fault of faultsOf(operation, answer, wire.method === 'HEAD')) ledger.blame(operation, wire, fault);
        return answer;
      } catch (reason) {
        if (!(reason instanceof NoAnswer)) throw reason;
        ledger.blame(operation, wire, reason.message);
        if (reason.isServiceGone) throw reason;
        return undefined;
      }
    }

    async function tryOne(operation: Operation, parts: RequestParts): Promise<void> {
      const wire = toWire(parts, `127.0.0.1:${service.port}`);
      const answer = await send(operation, wire);
      if (answer === undefined) return;
      const hasSucceeded = answer.status < 300;
      ledger.count(operation, hasSucceeded);
      const reason = hasSucceeded ? reasonToRefuse(parts, check) : undefined;
      if (reason !== undefined) ledger.blame(operation, wire, `answered ${answer.status} though ${reason}`);
      // JSON-RPC echoes request ids, which name nothing.
      if (hasSucceeded && operation.path !== '/rpc') pool.learn(answer.json, answer.headers['etag']);
      if (hasSucceeded && wire.method === 'DELETE') pool.forget(parts.path);
      if (hasSucceeded && wire.method === 'DELETE' && operation.path.startsWith('/api/v1/tokens/')) {
        await renewToken();
        pool.forgetAll('id');
      }
      if (hasSucceeded && wire.method !== 'GET')
        for (const read of followUps(parts)) await tryOne(read.operation, read);
      // When the service closes a connection, it has received something that is not HTTP, at least in its view.
      if (wire.method !== 'GET' || answer.headers['connection'] === 'close') return;
      const head = { ...wire, method: 'HEAD' };
      const toHead = await send(operation, head);
      for (const fault of toHead === undefined ? [] : headFaults(answer, toHead)) ledger.blame(operation, head, fault);
    }

    async function tryAll(): Promise<void> {
      for (let round = 0; sent < REQUESTS; round++) {
        const recipes = operations.map((operation, place) =>
          fc.sample(requests.any(operation), { numRuns: ROUND, seed: SEED + round * operations.length + place }),
        );
        for (let turn = 0; turn < ROUND && sent < REQUESTS; turn++) {
          await refill(sent);
          for (const [place, operation] of operations.entries()) {
            await tryOne(operation, (recipes[place] as RequestRecipe[])[turn]?.(pool) as RequestParts);
          }
        }
      }
    }

    /** The pool's names for what an operation can succeed with: a task with a result, a camera without cases ... */
    function nameFor({ method, path }: Operation): void {
      const isDeletion = method === 'DELETE';
      const cameraId = isDeletion ? things.spareCameraId : things.cameraId;
      const names = {
        id: path.startsWith('/cameras/') ? cameraId : completeId,
        type_name: isDeletion ? things.spareType : 'camerus1',
        case_id: things.caseId,
        path: FILE,
      };
      for (const name of Object.keys(names)) pool.forgetAll(name);
      pool.learn(names);
    }

    /** Operations for which few requests can succeed may by chance have had no success. */
    async function tryLonger(): Promise<void> {
      for (const operation of ledger.neverSucceeded()) {
        nameFor(operation);
        // An earlier request may have deleted it.
        if (operation.path.startsWith('/files/')) await putFile();
        for (const recipe of fc.sample(requests.any(operation), { numRuns: MAX_MORE_TRIES, seed: SEED })) {
          if (!ledger.neverSucceeded().includes(operation)) break;
          await refill(sent);
          await tryOne(operation, recipe(pool));
        }
      }
    }

    await tryAll()
      .then(tryLonger)
      .catch((reason) => {
        if (!(reason instanceof NoAnswer)) throw reason;
      });
    for (const tally of ledger.tallies()) t.diagnostic(tally);
    const faults = ledger.faults();
    assert.equal(faults.length, 0, `${faults.length} faults:\n${faults.slice(0, MAX_SHOWN_FAULTS).join('\n')}\n`);
    const unseen = ledger.neverSucceeded().map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(
      unseen.filter((operation) => !NEED_MORE.includes(operation)),
      [],
      'these never succeeded, so their answers were not looked at',
    );
  });

  it('answers 405, with the documented methods in Allow, to any other method', async () => {
    const { faultsOf } = createAnswerChecks(document, createSchemaCheck(document));
    await refill(1);
    for (const [path, methods] of Object.entries(document.paths)) {
      const documented = Object.keys(methods).map((method) => method.toUpperCase());
      const target = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(pool.take(name, 0) ?? '1'));
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !documented.includes(one))) {
        const headers = [['Host', `127.0.0.1:${service.port}`]] as const;
        const answer = await client.exchange({ method, target, headers, framing: 'length' });
        const allowed = new Set(answer.headers['allow']?.split(', '));
        for (const implied of ['HEAD', 'OPTIONS']) allowed.delete(implied);
        assert.deepEqual([answer.status, [...allowed].sort()], [405, documented.sort()], `${method} ${target}`);
        const operation = {
          responses: { 405: { content: PROBLEM } },
          method,
          path,
          parameters: [],
          securitySchemes: [],
        };
        assert.deepEqual([...faultsOf(operation, answer, false)], [], `${method} ${target}`);
      }
    }
  });

  it('leaves no fault in the log', () => {
    const lines = service.output().split('\n');
    const isFault = (line: string) => /INTERNAL|"level":[56]0|unhandled|MaxListeners/i.test(line);
    assert.deepEqual(lines.filter(isFault), []);
  });
});
