import type { Context } from 'koa';
import { parseJson } from '../../http/json/json_parse.js';
import { jsonFaultText, MalformedJson } from '../../http/json/json_scan.js';
import { findUnstorable } from '../../rpc/json_limits.js';
import { createBodyCheck, refuseField } from '../../users/schema.js';
import { DEFAULT_TASK, MAX_NAME_CHARACTERS, type TaskRequest } from '../jobs/service.js';

const DEFAULT_SCRIPT = 'render.scene';

/** Other fields are ignored: the predecessor's clients may send some. */
export const newTaskSchema = {
  type: 'object',
  properties: {
    name: {
      type: 'string',
      minLength: 1,
      maxLength: MAX_NAME_CHARACTERS,
      'x-well-formed': true,
      description: 'Unique among all tasks. When absent, made of the user and the time.',
    },
    script: { type: 'string', minLength: 1, maxLength: 512, default: DEFAULT_SCRIPT },
    args: { type: ['object', 'array'], default: {}, description: 'In a form: its JSON text.' },
  },
} as const;

const check = createBodyCheck(newTaskSchema);

/** @throws ServiceError INVALID_INPUT */
function parseArgs(text: string): unknown {
  try {
    return parseJson(Buffer.from(text));
  } catch (reason) {
    if (!(reason instanceof MalformedJson)) throw reason;
    const detail = `is not JSON: ${jsonFaultText(reason)}`;
    return refuseField({ pointer: '/args', code: 'NOT_JSON', detail }, 'Value must be valid JSON.');
  }
}

/** A form has texts alone. */
function fromForm(body: unknown): unknown {
  const { args } = body as { args?: string };
  return args === undefined ? body : { ...(body as object), args: parseArgs(args) };
}

/** The body of a request, which is JSON or a form. @throws ServiceError INVALID_INPUT */
export function readNewTask({ state }: Context): TaskRequest {
  const body: unknown = state['isForm'] === true ? fromForm(state['body']) : state['body'];
  const fault = findUnstorable(body as object);
  if (fault !== undefined) refuseField({ ...fault, code: 'OUT_OF_RANGE' }, 'This value is not valid.');
  const { name, script = DEFAULT_SCRIPT, args = {} } = check(body, false);
  return { ...DEFAULT_TASK, name, script, args };
}
