import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../../../app/errors.js';
import { createDispatcher, MAX_BATCH } from '../../../app/rpc/dispatcher.js';
import type { Method } from '../../../app/rpc/method.js';

type Caller = { name: string };
type Response = {
  jsonrpc: string;
  id: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
};

const anything = { name: 'anything', schema: {} };
const called: string[] = [];
const faults: unknown[] = [];

function method(name: string, params: Method<Caller>['params'], handle: Method<Caller>['handle']): Method<Caller> {
  const noted: Method<Caller>['handle'] = (...args) => {
    called.push(name);
    return handle(...args);
  };
  return { name, access: 'signed-in', summary: name, tag: 'test', params, result: anything, handle: noted };
}

const number = { schema: { type: 'number' }, required: true };

/** The methods of the specification's examples, with named parameters where the specification uses positions. */
const METHODS: readonly Method<Caller>[] = [
  method(
    'subtract',
    [
      { name: 'minuend', ...number },
      { name: 'subtrahend', ...number },
    ],
    ({ minuend, subtrahend }) => (minuend as number) - (subtrahend as number),
  ),
  method('sum', [{ name: 'values', required: true, schema: { type: 'array' } }], ({ values }) =>
    (values as number[]).reduce((sum, value) => sum + value, 0),
  ),
  method('get_data', [], () => ['hello', 5]),
  method('update', [{ name: 'values', schema: { type: 'array' } }], () => undefined),
  method('notify_hello', [{ name: 'value', schema: { type: 'number' } }], () => undefined),
  method(
    'with_defaults',
    [
      { name: 'a', schema: { default: { b: [] } } },
      { name: 'c', schema: {} },
    ],
    (params) => params,
  ),
  method('fail', [], () => {
    throw new ServiceError('WRONG_STATE', 'No.', { members: { status: 'hidden', extra: 1 } });
  }),
  method('fault', [], () => {
    throw new Error('a secret of the service');
  }),
  method('admins_only', [], () => 'never'),
];

const dispatcher = createDispatcher(METHODS, ({ name }, caller) => {
  if (name === 'admins_only') throw new ServiceError('FORBIDDEN', `${caller.name} may not.`);
});

/** The responses to a body; undefined if none is sent. */
async function responsesTo(body: unknown): Promise<Response | Response[] | undefined> {
  const reply = dispatcher.dispatch(body, {
    caller: { name: 'gomer' },
    over: new AbortController().signal,
    requestId: 'r1',
    onFault: (reason, name) => faults.push([name, reason]),
  });
  const responses: Response[] = [];
  for await (const response of reply.responses) responses.push(response as Response);
  assert.equal(reply.hasResponse, responses.length > 0);
  return reply.isBatch ? (responses.length === 0 ? undefined : responses) : responses[0];
}

function errorOf(response: Response | Response[] | undefined) {
  assert.ok(
    response !== undefined && !Array.isArray(response) && response.error !== undefined,
    JSON.stringify(response),
  );
  return response.error;
}

const INVALID = { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null };

describe("the examples of JSON-RPC 2.0's specification", () => {
  it('rpc call with named parameters', async () => {
    const first = { jsonrpc: '2.0', method: 'subtract', params: { subtrahend: 23, minuend: 42 }, id: 3 };
    assert.deepEqual(await responsesTo(first), { jsonrpc: '2.0', result: 19, id: 3 });
    const second = { jsonrpc: '2.0', method: 'subtract', params: { minuend: 42, subtrahend: 23 }, id: 4 };
    assert.deepEqual(await responsesTo(second), { jsonrpc: '2.0', result: 19, id: 4 });
  });

  it('rpc call with positional parameters, which these methods do not take', async () => {
    const error = errorOf(await responsesTo({ jsonrpc: '2.0', method: 'subtract', params: [42, 23], id: 1 }));
    assert.equal(error.code, -32602);
    assert.deepEqual((error.data as { errors: unknown }).errors, [
      { pointer: '', code: 'WRONG_TYPE', detail: 'must be an object: parameters are passed by name' },
    ]);
  });

  it('a notification', async () => {
    called.length = 0;
    assert.equal(await responsesTo({ jsonrpc: '2.0', method: 'update', params: { values: [1, 2, 3] } }), undefined);
    assert.equal(await responsesTo({ jsonrpc: '2.0', method: 'foobar' }), undefined);
    assert.deepEqual(called, ['update']);
  });

  it('rpc call of non-existent method', async () => {
    assert.deepEqual(await responsesTo({ jsonrpc: '2.0', method: 'foobar', id: '1' }), {
      jsonrpc: '2.0',
      error: { code: -32601, message: 'Method not found' },
      id: '1',
    });
  });

  it('rpc call with invalid Request object', async () => {
    assert.deepEqual(await responsesTo({ jsonrpc: '2.0', method: 1, params: 'bar' }), INVALID);
  });

  it('rpc call with an empty array', async () => {
    const { error, ...rest } = (await responsesTo([])) as Response;
    assert.deepEqual(rest, { jsonrpc: '2.0', id: null });
    assert.deepEqual([error?.code, error?.message], [-32600, 'Invalid Request']);
  });

  it('rpc call with an invalid batch', async () => {
    assert.deepEqual(await responsesTo([1]), [INVALID]);
    assert.deepEqual(await responsesTo([1, 2, 3]), [INVALID, INVALID, INVALID]);
  });

  it('rpc call batch', async () => {
    const batch = [
      { jsonrpc: '2.0', method: 'sum', params: { values: [1, 2, 4] }, id: '1' },
      { jsonrpc: '2.0', method: 'notify_hello', params: { value: 7 } },
      { jsonrpc: '2.0', method: 'subtract', params: { minuend: 42, subtrahend: 23 }, id: '2' },
      { foo: 'boo' },
      { jsonrpc: '2.0', method: 'foo.get', params: { name: 'myself' }, id: '5' },
      { jsonrpc: '2.0', method: 'get_data', id: '9' },
    ];
    assert.deepEqual(await responsesTo(batch), [
      { jsonrpc: '2.0', result: 7, id: '1' },
      { jsonrpc: '2.0', result: 19, id: '2' },
      INVALID,
      { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: '5' },
      { jsonrpc: '2.0', result: ['hello', 5], id: '9' },
    ]);
  });

  it('rpc call batch (all notifications)', async () => {
    const batch = [
      { jsonrpc: '2.0', method: 'notify_hello', params: { value: 1 } },
      { jsonrpc: '2.0', method: 'notify_hello', params: { value: 7 } },
    ];
    assert.equal(await responsesTo(batch), undefined);
  });
});

describe('a dispatcher', () => {
  it('keeps ids as they are, null too, and answers null in place of what is no id', async () => {
    for (const id of ['', 'я', 0, -1.5, 1e300, null]) {
      assert.deepEqual(await responsesTo({ jsonrpc: '2.0', method: 'get_data', id }), {
        jsonrpc: '2.0',
        result: ['hello', 5],
        id,
      });
    }
    for (const id of [true, {}, [1], Number.POSITIVE_INFINITY]) {
      assert.deepEqual(await responsesTo({ jsonrpc: '2.0', method: 'get_data', id }), INVALID);
    }
    assert.deepEqual(await responsesTo({ jsonrpc: '1.0', method: 'get_data', id: 7 }), { ...INVALID, id: 7 });
  });

  it('takes no other value for a request', async () => {
    const bodies = [null, 1, 'text', true, {}, { jsonrpc: '2.0', id: 1 }, { jsonrpc: 2, method: 'get_data', id: 1 }];
    for (const body of bodies) assert.equal(errorOf(await responsesTo(body)).code, -32600, JSON.stringify(body));
    for (const params of [null, 1, 'a', false]) {
      assert.equal(errorOf(await responsesTo({ jsonrpc: '2.0', method: 'get_data', id: 1, params })).code, -32600);
    }
  });

  it('knows no method by the name of what every object has', async () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', '']) {
      assert.equal(errorOf(await responsesTo({ jsonrpc: '2.0', method: name, id: 1 })).code, -32601);
    }
  });

  it('runs nothing of a batch that is too long', async () => {
    called.length = 0;
    const request = { jsonrpc: '2.0', method: 'get_data', id: 1 };
    assert.equal(errorOf(await responsesTo(Array(MAX_BATCH + 1).fill(request))).code, -32600);
    assert.deepEqual(called, []);
    assert.equal(((await responsesTo(Array(MAX_BATCH).fill(request))) as Response[]).length, MAX_BATCH);
  });

  it('fills in defaults of absent params, anew each time, and leaves the others absent', async () => {
    const call = (params?: object) => responsesTo({ jsonrpc: '2.0', method: 'with_defaults', id: 1, params });
    const first = (await call()) as Response;
    assert.deepEqual(first.result, { a: { b: [] } });
    (first.result as { a: { b: number[] } }).a.b.push(1);
    assert.deepEqual(((await call({ c: 2 })) as Response).result, { a: { b: [] }, c: 2 });
    assert.deepEqual(((await call({ a: null })) as Response).result, { a: null });
    assert.deepEqual(((await call([])) as Response).result, { a: { b: [] } });
  });

  it('names each wrong param by a pointer into params', async () => {
    const error = errorOf(
      await responsesTo({ jsonrpc: '2.0', method: 'subtract', params: { minuend: 'a', 'x/y': 1 }, id: 1 }),
    );
    assert.equal(error.code, -32602);
    const { code, errors, requestId } = error.data as {
      code: string;
      errors: { pointer: string }[];
      requestId: string;
    };
    assert.deepEqual([code, requestId], ['INVALID_INPUT', 'r1']);
    assert.deepEqual(errors.map(({ pointer }) => pointer).sort(), ['/minuend', '/subtrahend', '/x~1y']);
  });

  it('answers an error of the service by its own code, with the members of a problem', async () => {
    const error = errorOf(await responsesTo({ jsonrpc: '2.0', method: 'fail', id: 1 }));
    assert.deepEqual(error, {
      code: -32009,
      message: 'The state of the task forbids this',
      data: { extra: 1, detail: 'No.', code: 'WRONG_STATE', requestId: 'r1' },
    });
  });

  it('tells nobody but its log what a fault was', async () => {
    faults.length = 0;
    const response = await responsesTo({ jsonrpc: '2.0', method: 'fault', id: 1 });
    assert.equal(errorOf(response).code, -32603);
    assert.doesNotMatch(JSON.stringify(response), /secret/);
    assert.match(String(faults), /fault,Error: a secret/);
  });

  it('asks for the right before anything of the params', async () => {
    const error = errorOf(await responsesTo({ jsonrpc: '2.0', method: 'admins_only', params: [1], id: 1 }));
    assert.deepEqual([error.code, (error.data as { code: string }).code], [-32001, 'FORBIDDEN']);
  });

  it('refuses what is nested deeper than 100 levels, and numbers that cannot be sent back', async () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const call = (values: unknown) => responsesTo({ jsonrpc: '2.0', method: 'update', params: { values }, id: 1 });
    assert.equal(((await call(nested(100))) as Response).result, null);
    const error = errorOf(await call(nested(101)));
    assert.equal(error.code, -32602);
    const [first] = (error.data as { errors: { pointer: string; code: string }[] }).errors;
    assert.deepEqual([first?.pointer, first?.code], [`/values${'/0'.repeat(100)}`, 'OUT_OF_RANGE']);
    errorOf(await call(nested(100_000)));
    errorOf(await call([1, { a: Number.NEGATIVE_INFINITY }]));
  });
});

describe('a batch with a pipelined method', () => {
  it('begins calls that follow each other together, and answers in order; any other call waits for those before it', async () => {
    const events: string[] = [];
    const releases: (() => void)[] = [];
    const slow = method('slow', [{ name: 'n', schema: {} }], async ({ n }, call) => {
      events.push(`begin ${n}`);
      calls.add(call);
      await new Promise<void>((resolve) => releases.push(resolve));
      events.push(`end ${n}`);
      return n;
    });
    const calls = new Set<unknown>();
    const plain = method('plain', [], () => void events.push('plain'));
    const { dispatch } = createDispatcher([{ ...slow, isPipelined: true }, plain], () => {});
    const request = (n: number) => ({ jsonrpc: '2.0', method: 'slow', params: { n }, id: n });
    const over = new AbortController().signal;
    const batch = [request(1), request(2), { jsonrpc: '2.0', method: 'plain' }, request(3)];
    const reply = dispatch(batch, { caller: { name: 'gomer' }, over, requestId: 'r1', onFault: () => {} });

    const first = reply.responses.next();
    await new Promise(setImmediate);
    assert.deepEqual(events, ['begin 1', 'begin 2']);
    assert.equal(calls.size, 1, 'the calls of a batch share an object');
    releases[1]?.();
    await new Promise(setImmediate);
    releases[0]?.();
    assert.deepEqual((await first).value, { jsonrpc: '2.0', result: 1, id: 1 });
    assert.deepEqual((await reply.responses.next()).value, { jsonrpc: '2.0', result: 2, id: 2 });
    const third = reply.responses.next();
    await new Promise(setImmediate);
    assert.deepEqual(events, ['begin 1', 'begin 2', 'end 2', 'end 1', 'plain', 'begin 3']);
    releases[2]?.();
    assert.deepEqual((await third).value, { jsonrpc: '2.0', result: 3, id: 3 });
  });
});
