import { ERRORS } from '../../errors.js';
import type { NeededRoles } from '../access.js';
import { PROBLEM_TYPE } from '../problem.js';
import type { QueryParameters } from '../query/query.js';
import type { AnswerKind, OptionalHeader, Route } from '../route.js';

const violationSchema = {
  type: 'object',
  required: ['pointer', 'code', 'detail'],
  properties: {
    pointer: { type: 'string', description: 'JSON Pointer into the request.', examples: ['/citizens/17/birth_date'] },
    code: { type: 'string' },
    detail: { type: 'string' },
    peer: { type: 'string', description: 'Pointer to the other record that the rule concerns.' },
    line: { type: 'integer', minimum: 1, description: 'Line on which the record begins, in line-oriented formats.' },
  },
};

/** The body of every error response (RFC 9457). */
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
    errorCount: { type: 'integer', description: 'Total number of errors; `errors` lists the first 100.' },
  },
};

/**
 * Problems of every operation: invalid HTTP or query strings, slow requests, wrong hosts, long headers, internal
 * errors.
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

/**
 * Name of the scheme in components.securitySchemes; the list of a requirement holds the roles, one of which the caller
 * needs.
 */
const SECURITY_SCHEME = 'token';
const NO_ROLES_NEEDED: NeededRoles = () => undefined;

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
      requestBody: { required: requestBody.isOptional !== true, content: describeContent(requestBody) },
    }),
    responses: {
      ...Object.fromEntries([describeAnswer(success), ...problemResponses]),
      ...Object.fromEntries([otherAnswer ?? []].flat().map(describeAnswer)),
    },
  };
}

/** Builds the OpenAPI 3.1 document from the schemas used for validation and the access rules that are enforced. */
export function createOpenApi(
  routes: readonly Route[],
  version: string,
  neededRoles: NeededRoles = NO_ROLES_NEEDED,
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
          description: 'A token from POST /api-token-auth/. `Authorization: Token ...` is accepted as well.',
        },
      },
    },
  };
}
