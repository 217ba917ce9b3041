import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { citizen } from '../../support/census/citizens.js';
import { type ExternalPair, startPair } from '../../support/db/external.js';
import { openPost, post, WRITERS } from '../../support/http/bodies.js';
import { type Answer, postImport, request, sendJson } from '../../support/http/http.js';
import { until } from '../../support/until.js';

type Content = Record<string, { schema: object; example?: unknown }>;
type Operation = {
  summary: string;
  tags: string[];
  parameters?: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { required: boolean; content: Content };
  /** Without content the answer has no body. */
  responses: Record<string, { description: string; content?: Content }>;
};
type OpenApi = {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};

const PATHS = {
  '/imports': ['post', 'get'],
  '/imports/{import_id}': ['delete', 'get'],
  '/imports/{import_id}/check': ['post'],
  '/buckets/check': ['post'],
  '/imports/{import_id}/events': ['get'],
  '/imports/{import_id}/citizens': ['get'],
  '/imports/{import_id}/citizens/{citizen_id}': ['get', 'patch'],
  '/imports/{import_id}/citizens/{citizen_id}/history': ['get'],
  '/imports/{import_id}/citizens/birthdays': ['get'],
  '/imports/{import_id}/towns/stat/percentile/age': ['get'],
  '/imports/{import_id}/presents': ['get'],
  '/imports/{import_id}/compare/{other_id}': ['get'],
  '/imports/{import_id}/compare/{other_id}/towns': ['get'],
  '/imports/{import_id}/compare/{other_id}/citizens': ['get'],
  '/imports/{import_id}/ages': ['get'],
  '/imports/{import_id}/stats': ['get'],
  '/stats': ['get'],
  '/health/live': ['get'],
  '/health/ready': ['get'],
  '/api/v1/registration': ['post'],
  '/api-token-auth/': ['post'],
  '/api/v1/me': ['get'],
  '/api/v1/password': ['post'],
  '/api/v1/tokens/': ['get', 'post', 'delete'],
  '/api/v1/tokens/{id}': ['delete'],
  '/api/v1/users/': ['get', 'post'],
  '/api/v1/users/{username}': ['get', 'patch', 'delete'],
  '/api/v1/users/{username}/tokens/': ['post'],
  '/api/v1/task_create/': ['post'],
  '/api/v1/tasks/': ['get'],
  '/api/v1/tasks/{id}': ['get'],
  '/api/v1/tasks/{id}/events': ['get'],
  '/api/v1/tasks/{id}/result': ['get'],
  '/api/v1/tasks/{id}/cancel': ['post'],
  '/api/v1/task_history/{id}': ['get'],
  '/api/v1/statuses/': ['get'],
  '/alarms/events': ['get'],
  '/files/': ['get'],
  '/files/{path}': ['get', 'put', 'delete'],
  '/workflows/events': ['get'],
  '/specs/get-case': ['get'],
  '/specs/vote': ['post'],
  '/specs/me': ['get'],
  '/managers/verify': ['post'],
  '/managers/specialists': ['get'],
  '/votes/stats': ['get'],
  '/votes/waiting': ['get'],
  '/votes/check': ['post'],
  '/cases/check': ['post'],
  '/managers/import/{table}/upload-file': ['post'],
  '/violations': ['get'],
  '/car_owners/{car_number}': ['get'],
  '/cases/convicted': ['get'],
  '/rpc': ['post'],
  '/cameras/case': ['post'],
  '/cameras/regist': ['post'],
  '/cameras/types': ['get'],
  '/cameras/types/{type_name}': ['get', 'put', 'delete'],
  '/cameras/types/{type_name}/versions': ['get'],
  '/cameras': ['get'],
  '/cameras/{id}': ['get', 'patch', 'delete'],
  '/cameras/{id}/token': ['post'],
  '/cases': ['get'],
  '/cases/stats': ['get'],
  '/cases/{case_id}': ['get'],
  '/cases/{case_id}/history': ['get'],
  '/cases/{case_id}/photo': ['get'],
};
const REQUIRED_IN_QUERY = ['/stats imports', '/workflows/events project', '/workflows/events workflow'];
const CITIZENS = '/imports/{import_id}/citizens';
const ONE = '/imports/{import_id}/citizens/{citizen_id}';
const HISTORY = '/imports/{import_id}/citizens/{citizen_id}/history';
const BIRTHDAYS = '/imports/{import_id}/citizens/birthdays';
const PRESENTS = '/imports/{import_id}/presents';
const COMPARISON = '/imports/{import_id}/compare/{other_id}';
const PERCENTILES = '/imports/{import_id}/towns/stat/percentile/age';
const AGES = '/imports/{import_id}/ages';
const STATS = '/imports/{import_id}/stats';

/** Validates against the schemas of a document, in which `$ref` points to its components. */
function createChecker(document: OpenApi) {
  const ajv = new Ajv2020({ strict: true, allErrors: true, strictRequired: false, allowUnionTypes: true });
  ajv.addFormat('uri-reference', true);
  for (const format of ['date-time', 'uuid', 'binary']) ajv.addFormat(format, true);
  ajv.addVocabulary(['components', 'x-past-date', 'x-pattern-words', 'x-well-formed']);
  ajv.addSchema({ $id: 'document', components: document.components });
  const compile = (schema: object) =>
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components')));
  return {
    compile,
    check(schema: object, value: unknown, what: string) {
      const validate = compile(schema);
      assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}`);
    },
  };
}

describe('/openapi.json', () => {
  let pair: ExternalPair;
  let document: OpenApi;
  let checker: ReturnType<typeof createChecker>;
  before(async () => {
    pair = await startPair({}, { SVODKA_BODY_LIMIT: String(1024 * 1024) });
    const answer = await request<OpenApi>(`${pair.service.url}/openapi.json`);
    assert.equal(answer.status, 200);
    document = answer.body;
    checker = createChecker(document);
  });
  after(() => pair.stop());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  /** Asserts that the document has this status and content type, and that the body fits the schema there. */
  function fits(path: string, method: string, status: number, answer: Answer<unknown>): void {
    const what = `${method} ${path} ${status}`;
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
    const described = document.paths[path]?.[method]?.responses[String(status)];
    assert.ok(described, `${what} is not described`);
    const type = (answer.headers.get('Content-Type') ?? '').split(';')[0] as string;
    assert.ok(described.content?.[type], `${what} is not described as ${type}`);
    checker.check(described.content[type].schema, answer.body, what);
  }

  it('describes every path and no other', () => {
    assert.match(document.openapi, /^3\.1\.\d+$/);
    assert.match(document.info.version, /^\d+\.\d+\.\d+$/);
    assert.deepEqual(
      Object.fromEntries(Object.entries(document.paths).map(([path, methods]) => [path, Object.keys(methods)])),
      PATHS,
    );
  });

  it('names the parameters of each path, says what each operation does and what it answers', () => {
    for (const { path, operation } of operations()) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      assert.deepEqual(
        inPath.map(({ name }) => name),
        names,
      );
      for (const { name, in: place, required } of operation.parameters ?? []) {
        const isRequired = place === 'path' || REQUIRED_IN_QUERY.includes(`${path} ${name}`);
        assert.equal(required, isRequired, `${path} ${name}`);
      }
      assert.ok(operation.summary.length > 0 && operation.tags.length > 0, path);
      const statuses = Object.keys(operation.responses);
      assert.ok(
        statuses.some((status) => status.startsWith('2')),
        path,
      );
      for (const status of ['400', '408', '431', '500']) assert.ok(statuses.includes(status), `${path} ${status}`);
      for (const { description } of Object.values(operation.responses)) assert.ok(description.length > 0, path);
    }
  });

  it('has references that lead somewhere, and schemas and examples that are valid', () => {
    for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)) {
      const [, schema = ''] = /^#\/components\/schemas\/(\w+)$/.exec(name as string) ?? [];
      assert.ok(document.components.schemas[schema], name);
    }
    for (const { path, method, operation } of operations()) {
      const bodies = [
        operation.requestBody?.content ?? {},
        ...Object.values(operation.responses).map(({ content }) => content ?? {}),
      ];
      for (const { schema, example } of bodies.flatMap((content) => Object.values(content))) {
        checker.compile(schema);
        if (example !== undefined) checker.check(schema, example, `the example of ${method} ${path}`);
      }
    }
  });

  it('describes the real answers: successes', async () => {
    const { url } = pair.service;
    const citizens = [citizen(1, { relatives: [2] }), citizen(2, { relatives: [1] })];
    fits('/imports', 'post', 201, await sendJson('POST', `${url}/imports`, { citizens }));
    const importUrl = `${url}/imports/${await postImport(url, citizens)}`;
    fits('/imports', 'get', 200, await request(`${url}/imports?limit=1`));
    fits('/imports/{import_id}', 'get', 200, await request(importUrl));
    fits(CITIZENS, 'get', 200, await request(`${importUrl}/citizens?gender=male&limit=1`));
    fits(ONE, 'get', 200, await request(`${importUrl}/citizens/1`));
    fits(CITIZENS, 'get', 200, await request(`${importUrl}/citizens`));
    fits(CITIZENS, 'get', 200, await request(`${importUrl}/citizens?limit=1`));
    for (const Accept of ['application/x-ndjson', 'text/csv']) {
      const { status, headers, text } = await request(`${importUrl}/citizens`, { headers: { Accept } });
      fits(CITIZENS, 'get', 200, { status, headers, text, body: text });
    }
    fits(ONE, 'patch', 200, await sendJson('PATCH', `${importUrl}/citizens/1`, { name: '\u0000' }));
    fits(HISTORY, 'get', 200, await request(`${importUrl}/citizens/1/history`));
    fits(BIRTHDAYS, 'get', 200, await request(`${importUrl}/citizens/birthdays`));
    fits(PERCENTILES, 'get', 200, await request(`${importUrl}/towns/stat/percentile/age`));
    const importId = importUrl.split('/').at(-1);
    const otherId = await postImport(url, [citizen(1), citizen(3, { town: 'Керчь' })]);
    const comparisonUrl = `${importUrl}/compare/${otherId}`;
    for (const Accept of ['application/json', 'application/x-ndjson', 'text/csv']) {
      for (const [path, real] of [
        [PERCENTILES, `${importUrl}/towns/stat/percentile/age?p=50,99.9&by=gender`],
        [AGES, `${importUrl}/ages?by=gender`],
        [STATS, `${importUrl}/stats?group_by=town,gender,age&metrics=count,x=1/0`],
        ['/stats', `${url}/stats?imports=${importId}&group_by=import`],
        [PRESENTS, `${importUrl}/presents`],
        [PRESENTS, `${importUrl}/presents?group_by=citizen&town=x`],
        [`${COMPARISON}/towns`, `${comparisonUrl}/towns?of=median_age`],
        [`${COMPARISON}/citizens`, `${comparisonUrl}/citizens?kind=changed`],
        [`${COMPARISON}/citizens`, `${comparisonUrl}/citizens?kind=came&limit=1`],
      ] as const) {
        fits(path, 'get', 200, await request(real, { headers: { Accept } }));
      }
    }
    fits(COMPARISON, 'get', 200, await request(comparisonUrl));
    fits('/health/live', 'get', 200, await request(`${url}/health/live`));
    fits('/health/ready', 'get', 200, await request(`${url}/health/ready`));
  });

  it('describes the real answers: problems, each with a type that leads to a page', async () => {
    const { url } = pair.service;
    const importId = await postImport(url, [citizen(1)]);
    const tooLarge = `{"name": "${'x'.repeat(2 * 1024 * 1024)}"}`;
    const send = (method: string, path: string, type: string, body: string) =>
      request<{ type: string }>(`${url}${path}`, { method, headers: { 'Content-Type': type }, body });
    const takers = [
      ['/imports', 'post', '/imports'],
      [ONE, 'patch', `/imports/${importId}/citizens/1`],
    ] as const;
    for (const [path, method, real] of takers) {
      const verb = method.toUpperCase();
      fits(path, method, 400, await send(verb, real, 'application/json', '{"a": 1}'));
      fits(path, method, 400, await send(verb, real, 'application/json', '{'));
      fits(path, method, 415, await send(verb, real, 'text/plain', '{}'));
      fits(path, method, 413, await send(verb, real, 'application/json', tooLarge));
    }
    fits(CITIZENS, 'get', 400, await request(`${url}/imports/${importId}/citizens?limit=0`));
    fits('/imports', 'get', 400, await request(`${url}/imports?limit=0`));
    fits(BIRTHDAYS, 'get', 400, await request(`${url}/imports/${importId}/citizens/birthdays?min_version=x`));
    fits(PERCENTILES, 'get', 400, await request(`${url}/imports/${importId}/towns/stat/percentile/age?p=x`));
    fits(AGES, 'get', 400, await request(`${url}/imports/${importId}/ages?as_of=x`));
    fits(STATS, 'get', 400, await request(`${url}/imports/${importId}/stats?metrics=x`));
    fits('/stats', 'get', 400, await request(`${url}/stats`));
    fits('/stats', 'get', 404, await request(`${url}/stats?imports=999999`));
    fits(HISTORY, 'get', 404, await request(`${url}/imports/${importId}/citizens/2/history`));
    fits(ONE, 'get', 404, await request(`${url}/imports/${importId}/citizens/2`));
    const ifOther = { method: 'DELETE', headers: { 'If-Match': '"other"' } };
    fits('/imports/{import_id}', 'delete', 412, await request(`${url}/imports/${importId}`, ifOther));
    fits('/imports/{import_id}', 'delete', 404, await request(`${url}/imports/999999`, { method: 'DELETE' }));
    const conditional = { method: 'PATCH', headers: { 'Content-Type': 'application/json', 'If-Match': '"other"' } };
    fits(
      ONE,
      'patch',
      412,
      await request(`${url}/imports/${importId}/citizens/1`, { ...conditional, body: '{"town":"x"}' }),
    );
    const missing = `${url}/imports/999999`;
    fits(CITIZENS, 'get', 404, await request(`${missing}/citizens`));
    fits(BIRTHDAYS, 'get', 404, await request(`${missing}/citizens/birthdays`));
    fits(PERCENTILES, 'get', 404, await request(`${missing}/towns/stat/percentile/age`));
    const problem = await sendJson<{ type: string }>('PATCH', `${missing}/citizens/1`, { name: 'x' });
    fits(ONE, 'patch', 404, problem);
    assert.equal((await request(new URL(problem.body.type, url).href)).status, 200);
  });

  it('describes the real answers: imports in every way that they can be sent', async () => {
    const { url } = pair.service;
    const good = WRITERS.ndjson([citizen(1)]);
    const key = { 'Idempotency-Key': '"described"' };
    for (const format of ['json', 'ndjson', 'csv'] as const) {
      fits('/imports', 'post', 201, await post(`${url}/imports`, format, WRITERS[format]([citizen(1)])));
      const accept = { Accept: 'application/x-ndjson' };
      fits('/imports', 'post', 400, await post(`${url}/imports`, format, WRITERS[format]([{}]), accept));
      fits('/imports', 'post', 400, await post(`${url}/imports`, format, WRITERS[format]([{}])));
    }
    fits('/imports', 'post', 200, await post(`${url}/imports?dry_run=true`, 'ndjson', good));
    fits('/imports', 'post', 400, await post(`${url}/imports?dry_run=perhaps`, 'ndjson', good));
    fits('/imports', 'post', 201, await post(`${url}/imports`, 'ndjson', good, key));
    fits('/imports', 'post', 422, await post(`${url}/imports`, 'json', '{}', key));
    fits('/imports', 'post', 400, await post(`${url}/imports`, 'ndjson', good, { 'Idempotency-Key': '""' }));
    const running = openPost(pair.service.port, { 'Idempotency-Key': '"running"', Prefer: 'early-hints' });
    running.part(WRITERS.ndjson(makeCitizens(3900, 0)));
    assert.equal((await running.answer()).status, 103);
    const inUse = await post(`${url}/imports`, 'ndjson', good, { 'Idempotency-Key': '"running"' });
    running.socket.destroy();
    fits('/imports', 'post', 409, inUse);
    const encoded = { 'Content-Encoding': 'compress' };
    fits('/imports', 'post', 415, await post(`${url}/imports`, 'ndjson', good, encoded));
  });

  it('describes the real answers: the progress of an import and its events', async () => {
    const { url } = pair.service;
    const importId = await postImport(url, [citizen(1)]);
    fits('/imports/{import_id}', 'get', 404, await request(`${url}/imports/999999`));
    fits('/imports/{import_id}/events', 'get', 404, await request(`${url}/imports/999999/events`));
    const abort = new AbortController();
    const { status, headers, body } = await fetch(`${url}/imports/${importId}/events`, { signal: abort.signal });
    assert.ok(body);
    const { value } = await body.getReader().read();
    abort.abort();
    const text = Buffer.from(value ?? []).toString();
    fits('/imports/{import_id}/events', 'get', 200, { status, headers, text, body: text });
    const [, told = ''] = /^data: (.*)$/m.exec(text) ?? [];
    const described = document.paths['/imports/{import_id}']?.['get']?.responses['200']?.content?.['application/json'];
    assert.ok(described);
    checker.check(described.schema, { data: JSON.parse(told) }, 'an event');
  });

  it('describes the real answers: while the database is away', async () => {
    const { url } = pair.service;
    const importUrl = `${url}/imports/${await postImport(url, [citizen(1)])}`;
    await pair.tarantool.end('SIGKILL');
    const unready = await until('it is not ready', async () => {
      const answer = await request(`${url}/health/ready`);
      return answer.status === 503 && answer;
    });
    fits('/health/ready', 'get', 503, unready);
    fits('/imports', 'get', 503, await request(`${url}/imports`));
    fits(ONE, 'get', 503, await request(`${importUrl}/citizens/1`));
    fits('/imports', 'post', 503, await sendJson('POST', `${url}/imports`, { citizens: [] }));
    fits('/imports/{import_id}', 'get', 503, await request(importUrl));
    fits('/imports/{import_id}/events', 'get', 503, await request(`${importUrl}/events`));
    fits(CITIZENS, 'get', 503, await request(`${importUrl}/citizens`));
    fits(ONE, 'patch', 503, await sendJson('PATCH', `${importUrl}/citizens/1`, { name: 'x' }));
    fits(BIRTHDAYS, 'get', 503, await request(`${importUrl}/citizens/birthdays`));
    fits(PERCENTILES, 'get', 503, await request(`${importUrl}/towns/stat/percentile/age`));
  });
});
