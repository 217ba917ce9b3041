import type { OpenApi, Operation, SchemaCheck } from './document.js';
import { mediaTypeOf } from './serialize.js';
import type { WireAnswer } from './wire.js';

/** Statuses that a healthy service may return: unknown method, overload, out of memory or disk. */
const SOUND_SERVER_ERRORS: ReadonlySet<number> = new Set([501, 503, 507]);
const PROBLEM_TYPE = 'application/problem+json';
/** Headers in which answers to GET and HEAD may legitimately differ. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'date',
  'x-request-id',
  'connection',
  'keep-alive',
  'transfer-encoding',
]);

type Described = { content?: Operation['responses'][string]['content'] } | undefined;

function describedAnswer({ responses }: Operation, status: number): Described {
  return responses[String(status)] ?? responses[`${Math.floor(status / 100)}XX`] ?? responses['default'];
}

function* problemFaults(
  document: OpenApi,
  { status, headers, json }: WireAnswer,
  check: SchemaCheck,
): Iterable<string> {
  const schema = document.components?.schemas?.['Problem'];
  const fault = schema === undefined ? 'the document has no schema of a problem' : check(schema, json);
  if (fault !== undefined) yield `the problem breaks its schema: ${fault}`;
  const problem = json as { status?: number; requestId?: string };
  if (problem.status !== status) yield `the problem says status ${problem.status}`;
  const requestId = headers['x-request-id'];
  if (requestId !== undefined && problem.requestId !== requestId)
    yield `the problem names request ${problem.requestId}`;
}

/** Describes the faults of an answer. `isHead`: the answer has no body. */
export function createAnswerChecks(document: OpenApi, check: SchemaCheck) {
  function* faultsOf(operation: Operation, answer: WireAnswer, isHead: boolean): Iterable<string> {
    const { status, headers, body, json, strayBytes } = answer;
    if (status >= 500 && !SOUND_SERVER_ERRORS.has(status)) yield `status ${status}: a fault of the service`;
    if (strayBytes > 0) yield `${strayBytes} bytes follow the answer`;
    const described = describedAnswer(operation, status);
    if (described === undefined) {
      yield `status ${status} is not documented`;
      return;
    }
    const type = headers['content-type'];
    if (described.content === undefined) {
      if (type !== undefined || body.length > 0) yield `status ${status} has a body, and none is documented`;
      return;
    }
    if (type === undefined) {
      yield `status ${status} has no Content-Type`;
      return;
    }
    const media = described.content[mediaTypeOf(type)];
    if (media === undefined) {
      yield `status ${status} is not documented as ${type}`;
      return;
    }
    if (isHead) return;
    const value = json ?? body.toString();
    const fault = media.schema === undefined ? undefined : check(media.schema, value);
    if (fault !== undefined) yield `the body of ${status} breaks its schema: ${fault}`;
    if (mediaTypeOf(type) === PROBLEM_TYPE) yield* problemFaults(document, answer, check);
  }

  return { faultsOf };
}

/** How the headers of an answer to HEAD differ from those to the same GET. */
export function headFaults(toGet: WireAnswer, toHead: WireAnswer): string[] {
  // A range is defined for GET alone (RFC 9110, 14.2).
  if ([206, 416].includes(toGet.status) && toHead.status === 200) return [];
  if (toGet.status !== toHead.status) return [`GET answers ${toGet.status}, HEAD ${toHead.status}`];
  const names = new Set([...Object.keys(toGet.headers), ...Object.keys(toHead.headers)]);
  return [...names]
    .filter((name) => !OWN_HEADERS.has(name) && toGet.headers[name] !== toHead.headers[name])
    .map((name) => `the header ${name} is ${toGet.headers[name]} for GET and ${toHead.headers[name]} for HEAD`);
}
