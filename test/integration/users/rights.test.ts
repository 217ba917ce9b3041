import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Problem, request } from '../../support/http/http.js';
import { rpcCaller } from '../../support/http/rpc.js';
import { useService } from '../../support/suite.js';
import { addUser, type Caller, callerWith, readAdminToken } from '../../support/users.js';

type OpenApi = { paths: Record<string, Record<string, { security?: { token: string[] }[] }>> };

const ROLES = ['user', 'operator', 'specialist', 'manager', 'reader', 'supplier', 'admin'] as const;
type Who = (typeof ROLES)[number];

const EVERYBODY = 'everybody';
const SIGNED_IN: readonly Who[] = ROLES;
const ADMINS: readonly Who[] = ['admin'];
const READERS: readonly Who[] = ['reader', 'supplier', 'admin'];
const SUPPLIERS: readonly Who[] = ['supplier', 'admin'];

const TASK_USERS: readonly Who[] = ['user', 'operator', 'admin'];
const OPERATORS: readonly Who[] = ['operator', 'admin'];
const SPECIALISTS: readonly Who[] = ['specialist', 'admin'];
const MANAGERS: readonly Who[] = ['manager', 'admin'];
const PHOTO_VIEWERS: readonly Who[] = ['specialist', 'manager', 'admin'];

type Allowed = readonly Who[] | typeof EVERYBODY;

/** The users allowed to call each operation, with SVODKA_AUTH=work and with all. Fails for operations missing here. */
const RIGHTS: Readonly<Record<string, { work: Allowed; all: Allowed }>> = {
  'get /health/live': { work: EVERYBODY, all: EVERYBODY },
  'get /health/ready': { work: EVERYBODY, all: EVERYBODY },
  'post /api/v1/registration': { work: EVERYBODY, all: EVERYBODY },
  'post /api-token-auth/': { work: EVERYBODY, all: EVERYBODY },
  'get /api/v1/me': { work: SIGNED_IN, all: SIGNED_IN },
  'post /api/v1/password': { work: SIGNED_IN, all: SIGNED_IN },
  'get /api/v1/tokens/': { work: SIGNED_IN, all: SIGNED_IN },
  'post /api/v1/tokens/': { work: SIGNED_IN, all: SIGNED_IN },
  'delete /api/v1/tokens/': { work: SIGNED_IN, all: SIGNED_IN },
  'delete /api/v1/tokens/{id}': { work: SIGNED_IN, all: SIGNED_IN },
  'get /api/v1/users/': { work: ADMINS, all: ADMINS },
  'post /api/v1/users/': { work: ADMINS, all: ADMINS },
  'get /api/v1/users/{username}': { work: ADMINS, all: ADMINS },
  'patch /api/v1/users/{username}': { work: ADMINS, all: ADMINS },
  'delete /api/v1/users/{username}': { work: ADMINS, all: ADMINS },
  'post /api/v1/users/{username}/tokens/': { work: ADMINS, all: ADMINS },
  'get /imports': { work: EVERYBODY, all: READERS },
  'post /imports': { work: EVERYBODY, all: SUPPLIERS },
  'get /imports/{import_id}': { work: EVERYBODY, all: READERS },
  'delete /imports/{import_id}': { work: EVERYBODY, all: SUPPLIERS },
  'get /imports/{import_id}/events': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/citizens': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/citizens/{citizen_id}': { work: EVERYBODY, all: READERS },
  'patch /imports/{import_id}/citizens/{citizen_id}': { work: EVERYBODY, all: SUPPLIERS },
  'get /imports/{import_id}/citizens/{citizen_id}/history': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/citizens/birthdays': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/towns/stat/percentile/age': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/ages': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/stats': { work: EVERYBODY, all: READERS },
  'get /stats': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/presents': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/compare/{other_id}': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/compare/{other_id}/towns': { work: EVERYBODY, all: READERS },
  'get /imports/{import_id}/compare/{other_id}/citizens': { work: EVERYBODY, all: READERS },
  'post /imports/{import_id}/check': { work: EVERYBODY, all: SUPPLIERS },
  'post /buckets/check': { work: EVERYBODY, all: SUPPLIERS },
  'post /rpc': { work: SIGNED_IN, all: SIGNED_IN },
  'post /api/v1/task_create/': { work: TASK_USERS, all: TASK_USERS },
  'get /api/v1/tasks/': { work: TASK_USERS, all: TASK_USERS },
  'get /api/v1/tasks/{id}': { work: TASK_USERS, all: TASK_USERS },
  'get /api/v1/tasks/{id}/events': { work: TASK_USERS, all: TASK_USERS },
  'get /api/v1/tasks/{id}/result': { work: TASK_USERS, all: TASK_USERS },
  'post /api/v1/tasks/{id}/cancel': { work: TASK_USERS, all: TASK_USERS },
  'get /api/v1/task_history/{id}': { work: TASK_USERS, all: TASK_USERS },
  'get /api/v1/statuses/': { work: OPERATORS, all: OPERATORS },
  'get /alarms/events': { work: OPERATORS, all: OPERATORS },
  'get /files/': { work: OPERATORS, all: OPERATORS },
  'get /files/{path}': { work: OPERATORS, all: OPERATORS },
  'put /files/{path}': { work: OPERATORS, all: OPERATORS },
  'delete /files/{path}': { work: OPERATORS, all: OPERATORS },
  'get /workflows/events': { work: OPERATORS, all: OPERATORS },
  'post /cameras/case': { work: MANAGERS, all: MANAGERS },
  'post /cameras/regist': { work: MANAGERS, all: MANAGERS },
  'get /cameras': { work: MANAGERS, all: MANAGERS },
  'get /cameras/types': { work: MANAGERS, all: MANAGERS },
  'get /cameras/types/{type_name}': { work: MANAGERS, all: MANAGERS },
  'get /cameras/types/{type_name}/versions': { work: MANAGERS, all: MANAGERS },
  'put /cameras/types/{type_name}': { work: MANAGERS, all: MANAGERS },
  'delete /cameras/types/{type_name}': { work: MANAGERS, all: MANAGERS },
  'get /cameras/{id}': { work: MANAGERS, all: MANAGERS },
  'patch /cameras/{id}': { work: MANAGERS, all: MANAGERS },
  'delete /cameras/{id}': { work: MANAGERS, all: MANAGERS },
  'post /cameras/{id}/token': { work: MANAGERS, all: MANAGERS },
  'get /cases': { work: MANAGERS, all: MANAGERS },
  'get /cases/stats': { work: MANAGERS, all: MANAGERS },
  'get /cases/{case_id}': { work: MANAGERS, all: MANAGERS },
  'get /cases/{case_id}/history': { work: MANAGERS, all: MANAGERS },
  'get /cases/{case_id}/photo': { work: PHOTO_VIEWERS, all: PHOTO_VIEWERS },
  'get /specs/get-case': { work: SPECIALISTS, all: SPECIALISTS },
  'post /specs/vote': { work: SPECIALISTS, all: SPECIALISTS },
  'get /specs/me': { work: SPECIALISTS, all: SPECIALISTS },
  'post /managers/verify': { work: MANAGERS, all: MANAGERS },
  'get /managers/specialists': { work: MANAGERS, all: MANAGERS },
  'get /votes/stats': { work: MANAGERS, all: MANAGERS },
  'get /votes/waiting': { work: PHOTO_VIEWERS, all: PHOTO_VIEWERS },
  'post /votes/check': { work: MANAGERS, all: MANAGERS },
  'post /cases/check': { work: MANAGERS, all: MANAGERS },
  'post /managers/import/{table}/upload-file': { work: MANAGERS, all: MANAGERS },
  'get /violations': { work: MANAGERS, all: MANAGERS },
  'get /car_owners/{car_number}': { work: MANAGERS, all: MANAGERS },
  'get /cases/convicted': { work: MANAGERS, all: MANAGERS },
};

/** The same for JSON-RPC methods, whatever SVODKA_AUTH is. */
const METHOD_RIGHTS: Readonly<Record<string, readonly Who[]>> = {
  'rpc.discover': SIGNED_IN,
  'engine.create': TASK_USERS,
  'engine.scripts': TASK_USERS,
  'engine.status': TASK_USERS,
  'engine.result': TASK_USERS,
  'engine.list': TASK_USERS,
  'engine.history': TASK_USERS,
  'engine.log': TASK_USERS,
  'engine.cancel': TASK_USERS,
  'engine.retry': TASK_USERS,
  'alarm.signal': OPERATORS,
  'alarm.list': OPERATORS,
  'alarm.ack': OPERATORS,
  'alarm.history': OPERATORS,
  'workflow.create': OPERATORS,
  'workflow.delete': OPERATORS,
  'workflow.update': OPERATORS,
  'workflow.run': OPERATORS,
  'workflow.stop': OPERATORS,
  'workflow.status': OPERATORS,
  'workflow.dump': OPERATORS,
  'workflow.set_status': OPERATORS,
  'workflow.list': OPERATORS,
  'workflow.history': OPERATORS,
  'workflow.log': OPERATORS,
  'workflow.why': OPERATORS,
  'workflow.eta': OPERATORS,
};

for (const mode of ['work', 'all'] as const) {
  describe(`rights of every operation with SVODKA_AUTH=${mode}`, () => {
    const service = useService({ env: { SVODKA_AUTH: mode } });
    const callers = new Map<Who, Caller>();
    let document: OpenApi;
    before(async () => {
      const admin = callerWith(service.url, readAdminToken(service.dataDir));
      for (const role of ROLES) callers.set(role, await addUser(service.url, admin, `the_${role}`, [role]));
      document = (await request<OpenApi>(`${service.url}/openapi.json`)).body;
    });

    const operations = () =>
      Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => ({ method, path, allowed: RIGHTS[`${method} ${path}`]?.[mode] })),
      );

    it('are in the table of this test, all of them and no others', () => {
      assert.deepEqual(
        operations()
          .map(({ method, path }) => `${method} ${path}`)
          .sort(),
        Object.keys(RIGHTS).sort(),
      );
    });

    it('are in the document: the roles of which a caller needs one', () => {
      for (const { method, path, allowed } of operations()) {
        const security = document.paths[path]?.[method]?.security;
        assert.equal(security === undefined, allowed === EVERYBODY, `${method} ${path}`);
      }
    });

    it('are checked before anything of the request is looked at', async () => {
      // An unknown parameter: a permitted caller gets another error.
      for (const { method, path, allowed } of operations()) {
        // This operation would revoke the tokens of the test.
        if (`${method} ${path}` === 'delete /api/v1/tokens/') continue;
        const target = `${path.replaceAll(/\{\w+\}/g, '999999')}?unknown=1`;
        const statusFor = async (caller: Caller) => (await caller.send<Problem>(method.toUpperCase(), target)).status;
        const open = await statusFor(callerWith(service.url));
        assert.equal(open === 401, allowed !== EVERYBODY, `${method} ${path} answers nobody ${open}`);
        for (const [role, caller] of callers) {
          const status = await statusFor(caller);
          const mayPass = allowed === EVERYBODY || allowed?.includes(role) === true;
          assert.equal(status === 403, !mayPass, `${method} ${path} answers ${role} ${status}`);
          assert.notEqual(status, 401);
        }
      }
    });

    it('of every method of JSON-RPC are in the table, in rpc.discover, and checked before its params', async () => {
      type OpenRpc = { methods: { name: string; 'x-roles': string[] }[] };
      const admin = rpcCaller(service.url, callers.get('admin')?.token);
      const { methods } = await admin.call<OpenRpc>('rpc.discover');
      assert.deepEqual(methods.map(({ name }) => name).sort(), Object.keys(METHOD_RIGHTS).sort());
      for (const { name, 'x-roles': roles } of methods) {
        const allowed = METHOD_RIGHTS[name] ?? [];
        assert.deepEqual(roles.length === 0 ? SIGNED_IN : [...roles, 'admin'], allowed, name);
        for (const [role, { token }] of callers) {
          // Params that no method accepts: a permitted caller gets an error about them.
          const { code } = await rpcCaller(service.url, token).refusal(name, { 'not a param': 1 });
          assert.equal(code, allowed.includes(role) ? -32602 : -32001, `${name} answers ${role} ${code}`);
        }
      }
    });

    it('leave documentation and the page open', async () => {
      for (const path of ['/', '/docs', '/docs/errors', '/openapi.json', '/health/ready']) {
        assert.equal((await request(`${service.url}${path}`)).status, 200, path);
      }
    });
  });
}
