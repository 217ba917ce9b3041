import type { Violation } from '../../../errors.js';
import type { Evaluator } from '../expressions/evaluator.js';
import { type CaseOutcome, readCaseValues } from './case_values.js';
import type { Shape } from './catalog.js';
import { CASE_MEMBERS } from './definition.js';

const OVERRUNS = {
  time: 'the expressions took more than 50 ms of processor time',
  memory: 'the expressions took too much memory',
} as const;

/** Makes a case of a record that fits the shape. @throws ServiceError SERVICE_BUSY */
async function makeCase(evaluator: Evaluator, shape: Shape, record: unknown): Promise<CaseOutcome> {
  const plain = shape.plain?.(record);
  if (plain !== undefined) return readCaseValues(plain, shape.pointerOf);
  const made = await evaluator.evaluate(shape.key, shape.definition.case, record);
  if ('overrun' in made) {
    return { violations: [{ pointer: '', code: 'EXPRESSION_FAILED', detail: OVERRUNS[made.overrun] }] };
  }
  const failed = CASE_MEMBERS.flatMap((member): Violation[] => {
    const message = made.faults[member];
    if (message === undefined) return [];
    const detail = `the expression for ${member} failed: ${message}`;
    return [{ pointer: shape.pointerOf(member), code: 'EXPRESSION_FAILED', detail }];
  });
  return failed.length > 0 ? { violations: failed } : readCaseValues(made.values, shape.pointerOf);
}

/** Tries a record on a shape; makes a case of it if it fits. */
export async function fitRecord(evaluator: Evaluator, shape: Shape, record: unknown): Promise<CaseOutcome> {
  const violations = shape.check(record);
  return violations.length > 0 ? { violations } : makeCase(evaluator, shape, record);
}
