import { ERRORS } from '../../errors.js';
import type { NeededRoles } from '../access.js';
import { PROBLEM_TYPE } from '../problem.js';
import type { QueryParameters } from '../query/query.js';
import type { AnswerKind, OptionalHeader, Route } from '../route.js';

const violationSchema = {
  type: 'object',
  required: ['pointer', 'code', 'detail'],
  properties: {
    pointer: { type: 'string', description: 'JSON Pointer into what was sent.', examples: ['/citizens/17/birth_date'] },
    code: { type: 'string' },
    detail: { type: 'string' },
    peer: { type: 'string', description: 'Pointer to the other record that the rule is about.' },
    line: { type: 'integer', minimum: 1, description: 'Line where the record begins, if it was sent in lines.' },
  },
};

/** What every error answers (RFC 9457). */
export const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    requestId: { type: 'string' },
    errors: { type: 'array', maxItems: 100, items: violationSchema },
    errorCount: { type: 'integer', description: 'How many there are in all; `errors` names the first 100.' },
  },
};

/**
 * Of every operation: a request that is not HTTP or breaks the rules of query strings, one that comes too slowly, one
 * for another host, one whose headers are too large, a fault of the service.
 */
const COMMON_PROBLEMS: readonly number[] = [400, 408, 421, 431, 500];

const problemContent = { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };

function describeStatus(status: number): string {
  const codes = Object.entries(ERRORS).filter(([, error]) => error.status === status);
  return codes.map(([code, error]) => `${code}: ${error.title}.`).join(' ');
}

type Content = Pick<AnswerKind, 'schema' | 'example' | 'otherTypes'>;

function describeContent({ schema, example, otherTypes = {} }: Content): object {
  return {
    ...(schema && { 'application/json': { schema, ...(example !== undefined && { example }) } }),
    ...otherTypes,
  };
}

const ID_SCHEMA = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

function pathParameters({ path, pathParameters: schemas = {} }: Route): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: schemas[name as string] ?? ID_SCHEMA,
  }));
}

function describeAnswer({ status, description, ...content }: AnswerKind): [status: string, answer: object] {
  const hasContent = content.schema !== undefined || content.otherTypes !== undefined;
  return [String(status), { description, ...(hasContent && { content: describeContent(content) }) }];
}

function queryParameters(parameters: QueryParameters = {}): object[] {
  return Object.values(parameters).map(({ name, description, schema, isRequired = false }) => ({
    name,
    in: 'query',
    required: isRequired,
    description,
    schema,
  }));
}

function headerParameters(headers: readonly OptionalHeader[] = []): object[] {
  return headers.map(({ name, description, schema = { type: 'string' } }) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema,
  }));
}

/** The scheme of components.securitySchemes; what stands in its list are the roles of which a caller needs one. */
const SECURITY_SCHEME = 'token';
const NEEDS_NOBODY: NeededRoles = () => undefined;

function describeRoute(route: Route, needed: readonly string[] | undefined): object {
  const { summary, description, tag, headers, requestBody, success, otherAnswer, problems } = route;
  // A wrong token is refused where none is needed, too.
  const refusals = [
    ...(route.access === 'public' ? [] : [401, 503]),
    ...(needed !== undefined && needed.length > 0 ? [403] : []),
  ];
  const problemResponses = [...new Set([...problems, ...refusals, ...COMMON_PROBLEMS])].map((status) => {
    const others = describeContent({ otherTypes: route.otherProblems?.[status] ?? {} });
    return [String(status), { description: describeStatus(status), content: { ...problemContent, ...others } }];
  });
  const parameters = [...pathParameters(route), ...queryParameters(route.parameters), ...headerParameters(headers)];
  return {
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    ...(needed !== undefined && { security: [{ [SECURITY_SCHEME]: needed }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && {
      requestBody: { required: true, content: describeContent(requestBody) },
    }),
    responses: {
      ...Object.fromEntries([describeAnswer(success), ...problemResponses]),
      ...(otherAnswer && Object.fromEntries([describeAnswer(otherAnswer)])),
    },
  };
}

/** The OpenAPI 3.1 document of these routes, from the schemas that validate and the rights that are checked. */
export function createOpenApi(
  routes: readonly Route[],
  version: string,
  neededRoles: NeededRoles = NEEDS_NOBODY,
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method] = describeRoute(route, neededRoles(route.access));
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Svodka',
      version,
      description: 'Takes bulk imports of citizens and answers analytic questions about them at once.',
    },
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: {
        [SECURITY_SCHEME]: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of POST /api-token-auth/. `Authorization: Token ...` is understood too.',
        },
      },
    },
  };
}
