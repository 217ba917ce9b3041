import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { ERRORS, ServiceError } from '../errors.js';
import type { NeededRoles } from '../http/access.js';
import { smallJsonBody } from '../http/bodies/body.js';
import type { BodyBudget } from '../http/bodies/body_budget.js';
import type { DocsSection } from '../http/docs/docs_page.js';
import { withOverSignal } from '../http/requests/over_signal.js';
import type { Route } from '../http/route.js';
import { createDispatcher, MAX_BATCH } from './dispatcher.js';
import { rpcDocs } from './docs_section.js';
import { PARSE_ERROR, toErrorResponse } from './json_rpc_errors.js';
import type { Method } from './method.js';
import { createOpenRpc, DISCOVER } from './openrpc.js';
import { responseText, runSilently } from './response_text.js';

const PATH = '/rpc';
const BODY_LIMIT_BYTES = 1024 * 1024;

type RpcParts<Caller> = {
  methods: readonly Method<Caller>[];
  version: string;
  /** Who sent a request whose token was checked. */
  callerOf(ctx: Context): Caller;
  neededRoles: NeededRoles;
  /** @throws ServiceError FORBIDDEN when the caller has none of these roles */
  requireRole(caller: Caller, roles: readonly string[]): void;
  log: Logger;
  stopping: AbortSignal;
  bodyBudget?: BodyBudget | undefined;
};

/** Without rules: what is no request is answered by JSON-RPC, with the status 200. */
const requestSchema = { description: `A request of JSON-RPC 2.0, or an array of at most ${MAX_BATCH} of them.` };

const responseSchema = {
  type: 'object',
  required: ['jsonrpc', 'id'],
  properties: {
    jsonrpc: { const: '2.0' },
    result: {},
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'integer' }, message: { type: 'string' }, data: {} },
    },
    id: { type: ['string', 'number', 'null'] },
  },
};

function requestIdOf(ctx: Context): string {
  return ctx.response.get('X-Request-Id');
}

function send(ctx: Context, body: unknown): void {
  ctx.status = 200;
  ctx.body = body;
  ctx.type = 'application/json';
}

/** A body that is no JSON is answered by JSON-RPC; one that is too large or of another type, by HTTP. */
function readBody(budget: BodyBudget | undefined): Middleware {
  const read = smallJsonBody(BODY_LIMIT_BYTES, budget);
  return async (ctx, next) => {
    try {
      await read(ctx, next);
    } catch (reason) {
      if (!(reason instanceof ServiceError) || ERRORS[reason.code].rpcCode !== PARSE_ERROR) throw reason;
      send(ctx, JSON.stringify(toErrorResponse(null, reason, requestIdOf(ctx))));
    }
  };
}

/** All methods of the service at POST /rpc, with one that describes them. */
export function createRpc<Caller>(parts: RpcParts<Caller>): { route: Route; docs: DocsSection } {
  const { version, callerOf, neededRoles, requireRole, log, stopping, bodyBudget } = parts;
  const discover: Method<Caller> = {
    name: DISCOVER,
    access: 'signed-in',
    tag: 'rpc',
    summary: 'All methods, as an OpenRPC document',
    params: [],
    result: { name: 'OpenRPC document', schema: { type: 'object' } },
    handle: () => openRpc,
  };
  const methods = [...parts.methods, discover];
  const openRpc = createOpenRpc(methods, version, neededRoles);
  const dispatcher = createDispatcher(methods, ({ access }, caller) => requireRole(caller, neededRoles(access) ?? []));

  async function handle(ctx: Context): Promise<void> {
    await withOverSignal(ctx, stopping, async (over) => {
      const requestId = requestIdOf(ctx);
      const onFault = (reason: unknown, method: string) => log.error({ requestId, method, err: reason }, 'call failed');
      const reply = dispatcher.dispatch(ctx.state['body'], { caller: callerOf(ctx), over, requestId, onFault });
      if (reply.hasResponse) {
        send(ctx, await responseText(reply));
      } else {
        await runSilently(reply);
        ctx.status = 204;
      }
    });
  }

  const route: Route = {
    method: 'post',
    path: PATH,
    slash: 'either',
    access: 'signed-in',
    tag: 'JSON-RPC',
    summary: 'Call methods by JSON-RPC 2.0',
    description:
      'Single requests, batches (run in order) and notifications; parameters by name. Every answer of JSON-RPC has ' +
      `the status 200, also an error. The methods are described below, and by ${DISCOVER}.`,
    requestBody: {
      schema: requestSchema,
      example: { jsonrpc: '2.0', id: 1, method: DISCOVER },
    },
    success: {
      status: 200,
      description: 'A response, or an array of them for a batch.',
      schema: { oneOf: [responseSchema, { type: 'array', minItems: 1, maxItems: MAX_BATCH, items: responseSchema }] },
    },
    otherAnswer: { status: 204, description: 'Only notifications were sent.' },
    problems: [413, 415],
    middleware: [readBody(bodyBudget)],
    handle,
  };
  return { route, docs: rpcDocs(methods, openRpc, neededRoles) };
}
