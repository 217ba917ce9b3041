import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Problem, request } from '../../support/http/http.js';
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

type Allowed = readonly Who[] | typeof EVERYBODY;

/** Who may use each operation, with SVODKA_AUTH=work and with all. An operation that is not here fails the test. */
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
      // Parameters that nobody has and no body: whoever may come in is told of something else.
      for (const { method, path, allowed } of operations()) {
        // Ends the tokens of the test.
        if (`${method} ${path}` === 'delete /api/v1/tokens/') continue;
        const target = path.replaceAll(/\{\w+\}/g, '999999');
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

    it('leave documentation and the page open', async () => {
      for (const path of ['/', '/docs', '/docs/errors', '/openapi.json', '/health/ready']) {
        assert.equal((await request(`${service.url}${path}`)).status, 200, path);
      }
    });
  });
}
