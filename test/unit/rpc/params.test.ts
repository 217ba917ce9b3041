import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../../../app/errors.js';
import { compileParams } from '../../../app/rpc/params.js';

describe('faults of params', () => {
  const params = [
    { name: 'a', required: true, schema: { type: 'integer' } },
    { name: 'b', schema: { type: 'string', default: 'x' } },
  ];

  /** Says of `b` what no schema could. */
  function* faults(given: unknown) {
    if ((given as { b?: unknown }).b === 'odd') yield { pointer: '/b', code: 'NOT_ALLOWED', detail: 'is odd' };
  }

  function pointersOf(given: unknown): string[] {
    try {
      compileParams({ params, faults })(given);
      return [];
    } catch (reason) {
      assert.ok(reason instanceof ServiceError && reason.code === 'INVALID_INPUT');
      return (reason.violations ?? []).map(({ pointer, code }) => `${code} ${pointer}`);
    }
  }

  it('of the schema and of the method itself are named together', () => {
    assert.deepEqual(pointersOf({ a: 'no number', b: 'odd' }), ['WRONG_TYPE /a', 'NOT_ALLOWED /b']);
    assert.deepEqual(pointersOf({ a: 1, b: 'odd' }), ['NOT_ALLOWED /b']);
    assert.deepEqual(pointersOf({ a: 1, b: 'even' }), []);
  });

  it('are looked for in params of any form', () => {
    assert.deepEqual(pointersOf(undefined), ['REQUIRED /a']);
    assert.deepEqual(pointersOf([]), ['REQUIRED /a']);
    assert.deepEqual(pointersOf([1]), ['WRONG_TYPE ']);
  });
});
