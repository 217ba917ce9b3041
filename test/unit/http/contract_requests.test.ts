import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSchemaCheck, type OpenApi, type Operation, operationsOf } from '../../support/contract/document.js';
import { createSchemaValues } from '../../support/contract/from_schema.js';
import { type RequestParts, reasonToRefuse, toWire } from '../../support/contract/parts.js';
import { createPool } from '../../support/contract/pool.js';
import { createRequests } from '../../support/contract/requests.js';

const noteSchema = {
  type: 'object',
  required: ['note', 'file'],
  properties: {
    note: { type: 'string', minLength: 1, pattern: '^[a-z]+$' },
    tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
    file: { type: 'string', format: 'binary' },
  },
};
/** Features that the service does not use today: forms, multipart bodies, tokens, PUT, JSON-RPC. */
const document: OpenApi = {
  paths: {
    '/files/{name}': {
      put: {
        parameters: [
          { name: 'name', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z]{1,8}$' } },
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 9 } },
          { name: 'wait', in: 'query', schema: { type: 'boolean' } },
        ],
        requestBody: {
          required: true,
          content: {
            'multipart/form-data': { schema: noteSchema },
            'application/x-www-form-urlencoded': { schema: noteSchema },
          },
        },
        responses: { 204: {} },
        security: [{ token: [] }],
      },
    },
    '/rpc': {
      post: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Call' } } } },
        responses: { 200: {} },
      },
    },
  },
  components: {
    schemas: {
      Call: {
        allOf: [
          { type: 'object', required: ['jsonrpc'], properties: { jsonrpc: { const: '2.0' } } },
          {
            required: ['method'],
            properties: { method: { enum: ['task.add', 'task.list'] }, params: { type: 'object' } },
          },
        ],
      },
    },
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
  },
};
const [put, rpc] = operationsOf(document) as [Operation, Operation];
const check = createSchemaCheck(document);

function requestsTo(operation: Operation): RequestParts[] {
  const requests = createRequests(document, { credentials: { bearer: () => 'secret' } });
  return fc.sample(requests.any(operation), { numRuns: 400, seed: 7 }).map((recipe) => recipe(createPool()));
}

function formOf({ body }: RequestParts): Promise<FormData> {
  const headers = { 'Content-Type': body?.contentType as string };
  return new Response(new Uint8Array(body?.bytes as Buffer), { headers }).formData();
}

describe('requests made from an OpenAPI document', () => {
  it('have forms and multipart bodies that can be read as such', async () => {
    const read = { 'application/x-www-form-urlencoded string': 0, 'multipart/form-data object': 0 };
    for (const parts of requestsTo(put)) {
      const form = await formOf(parts).catch(() => undefined);
      if (typeof form?.get('note') !== 'string') continue;
      // In a multipart body a file is an object and a field is a string.
      const kind = `${parts.body?.contentType?.split(';')[0]} ${typeof form.get('file')}`;
      if (kind in read) read[kind as keyof typeof read]++;
    }
    for (const [kind, count] of Object.entries(read)) assert.ok(count > 50, `${kind}: ${count}`);
  });

  it('carry the token of an operation with security, and now and then none', () => {
    const tokens = requestsTo(put).map(({ headers }) => headers.find(([name]) => name === 'Authorization')?.[1]);
    assert.deepEqual(new Set(tokens), new Set(['Bearer secret', undefined]));
    assert.throws(() => fc.sample(createRequests(document).any(put), 50).map((make) => make(createPool())), /bearer/);
  });

  it('follow references and parts of schemas, and are damaged now and then', () => {
    const valid = requestsTo(rpc).filter((parts) => reasonToRefuse(parts, check) === undefined);
    assert.ok(valid.length > 200 && valid.length < 400, String(valid.length));
  });

  it('are of the values that their schemas take', () => {
    const valuesOf = createSchemaValues(document);
    for (const schema of [
      noteSchema,
      { $ref: '#/components/schemas/Call' },
      { type: ['integer', 'null'], minimum: -3 },
    ]) {
      for (const value of fc.sample(valuesOf(schema), { numRuns: 200, seed: 7 })) {
        assert.equal(check(schema, value), undefined, JSON.stringify(value));
      }
    }
  });

  it('are known to be refused when the document forbids them', () => {
    const good: RequestParts = {
      operation: put,
      path: { name: 'abc' },
      query: [['limit', '3']],
      headers: [],
      body: { contentType: 'multipart/form-data', bytes: Buffer.alloc(0) },
      framing: 'length',
    };
    assert.equal(reasonToRefuse(good, check), undefined);
    assert.equal(toWire(good, 'host').target, '/files/abc?limit=3');
    for (const changes of [
      { path: { name: 'ABC' } },
      { path: { name: '%ff' } },
      { query: [['limit', '10']] as const },
      { query: [['limit', 'x']] as const },
      { query: [['wait', 'yes']] as const },
      { query: [['other', '1']] as const },
      {
        query: [
          ['limit', '3'],
          ['limit', '3'],
        ] as const,
      },
      { body: undefined },
    ]) {
      assert.notEqual(reasonToRefuse({ ...good, ...changes }, check), undefined, JSON.stringify(changes));
    }
    const call = (value: unknown): RequestParts => ({
      ...good,
      operation: rpc,
      path: {},
      query: [],
      body: { contentType: 'application/json', bytes: Buffer.alloc(0), value },
    });
    assert.equal(reasonToRefuse(call({ jsonrpc: '2.0', method: 'task.add' }), check), undefined);
    assert.notEqual(reasonToRefuse(call({ jsonrpc: '2.0' }), check), undefined);
  });
});
