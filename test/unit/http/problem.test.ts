import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ERRORS, type ErrorCode, ServiceError } from '../../../app/errors.js';
import { createOpenApi, problemSchema } from '../../../app/http/docs/openapi.js';
import { toProblem, toServiceError } from '../../../app/http/problem.js';

describe('the body of a problem', () => {
  for (const [code, { status, title }] of Object.entries(ERRORS)) {
    it(`of ${code} has its status, its title and a type that leads to its section`, () => {
      assert.deepEqual(toProblem(new ServiceError(code as ErrorCode, 'What happened.'), 'r-1'), {
        type: `/docs/errors#${code.toLowerCase()}`,
        title,
        status,
        detail: 'What happened.',
        code,
        requestId: 'r-1',
      });
    });
  }

  it('names the violations with their true number, and the cause never', () => {
    const violations = [{ pointer: '/a', code: 'REQUIRED', detail: 'is required' }];
    const error = new ServiceError('INVALID_INPUT', 'x', { violations, violationCount: 12, cause: 'secret' });
    const problem = toProblem(error, 'r');
    assert.deepEqual(problem.errors, violations);
    assert.equal(problem.errorCount, 12);
    assert.doesNotMatch(JSON.stringify(problem), /secret/);
  });

  it('tells the line of a violation, and never its byte', () => {
    const violations = [{ pointer: '/a', code: 'X', detail: 'x', peer: '/b', line: 7, byteOffset: 400 }];
    const problem = toProblem(new ServiceError('INVALID_INPUT', 'x', { violations }), 'r');
    assert.deepEqual(problem.errors, [{ pointer: '/a', code: 'X', detail: 'x', peer: '/b', line: 7 }]);
    const described = problemSchema.properties.errors.items.properties;
    assert.deepEqual(Object.keys(problem.errors?.[0] ?? {}).sort(), Object.keys(described).sort());
  });

  it('counts the violations that it was given when no number was', () => {
    const violations = [{ pointer: '/a', code: 'REQUIRED', detail: 'is required' }];
    assert.equal(toProblem(new ServiceError('INVALID_INPUT', 'x', { violations }), 'r').errorCount, 1);
  });

  it('names a hundred violations at the most', () => {
    const violations = Array.from({ length: 150 }, (_, i) => ({ pointer: `/${i}`, code: 'X', detail: 'x' }));
    const problem = toProblem(new ServiceError('INVALID_INPUT', 'x', { violations }), 'r');
    assert.equal(problem.errors?.length, 100);
    assert.equal(problem.errorCount, 150);
  });

  it('has the fields that the OpenAPI document describes, and all that it requires', () => {
    const violations = [{ pointer: '/a', code: 'X', detail: 'x', peer: '/b' }];
    const problem = toProblem(new ServiceError('INVALID_INPUT', 'x', { violations }), 'r');
    assert.deepEqual(Object.keys(problem).sort(), Object.keys(problemSchema.properties).sort());
    const plain = toProblem(new ServiceError('NOT_FOUND', 'x'), 'r');
    assert.deepEqual(Object.keys(plain).sort(), problemSchema.required.toSorted());
  });
});

describe('something thrown', () => {
  const fault = new TypeError('password is hunter2');
  const table: [thrown: unknown, reason: string][] = [
    [fault, 'a fault of the program'],
    ['text', 'a text'],
    [undefined, 'nothing at all'],
    [null, 'null'],
    [{ code: 'IMPORT_NOT_FOUND' }, 'an object that looks like an error of ours'],
  ];
  for (const [thrown, reason] of table) {
    it(`becomes INTERNAL, with the original for the log only: ${reason}`, () => {
      const error = toServiceError(thrown);
      assert.equal(error.code, 'INTERNAL');
      assert.equal(error.cause, thrown);
      assert.doesNotMatch(JSON.stringify(toProblem(error, 'r')), /hunter2/);
    });
  }

  it('that was meant for the client stays as it is', () => {
    const error = new ServiceError('IMPORT_NOT_FOUND', 'No import has this id.');
    assert.equal(toServiceError(error), error);
  });
});

describe('the OpenAPI document', () => {
  const route = {
    method: 'get',
    path: '/imports/{import_id}/citizens/{citizen_id}',
    access: 'public',
    tag: 'T',
    summary: 'S',
    success: { status: 200, description: 'D', schema: {} },
    problems: [404, 503],
    handle() {},
  } as const;
  type Operation = { parameters: { name: string }[]; responses: Record<string, { description: string }> };

  it('describes the problems of a route and those of every route, with each code in words', () => {
    const document = createOpenApi([route], '1') as { paths: Record<string, Record<string, Operation>> };
    const operation = document.paths[route.path]?.['get'];
    assert.ok(operation);
    const { responses, parameters } = operation;
    assert.deepEqual(Object.keys(responses), ['200', '400', '404', '408', '421', '431', '500', '503']);
    assert.match(responses['404']?.description ?? '', /IMPORT_NOT_FOUND: There is no such import\./);
    assert.deepEqual(
      parameters.map(({ name }) => name),
      ['import_id', 'citizen_id'],
    );
  });

  it('keeps the methods of one path together', () => {
    const document = createOpenApi([route, { ...route, method: 'patch' }], '1') as { paths: Record<string, object> };
    assert.deepEqual(Object.keys(document.paths[route.path] ?? {}), ['get', 'patch']);
  });
});
