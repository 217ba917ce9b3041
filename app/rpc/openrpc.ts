import { ERRORS } from '../errors.js';
import type { NeededRoles } from '../http/access.js';
import type { JsonSchema } from '../http/docs/json_schema.js';
import type { Method } from './method.js';

/** The method that answers the document (OpenRPC 1.3, "Service Discovery Method"). */
export const DISCOVER = 'rpc.discover';

/**
 * The OpenRPC 1.3 document of these methods, from the schemas that validate. OpenRPC has no word for rights: `x-roles` are
 * the roles of which a caller needs one; an empty list stands for any valid token.
 */
export function createOpenRpc(
  methods: readonly Method<never>[],
  version: string,
  neededRoles: NeededRoles,
): JsonSchema {
  return {
    openrpc: '1.3.2',
    info: {
      title: 'Svodka',
      version,
      description: 'JSON-RPC 2.0 on POST /rpc: single requests, batches and notifications; parameters by name.',
    },
    methods: methods.map(({ name, access, summary, description, tag, params, result, errors = [] }) => ({
      name,
      summary,
      ...(description !== undefined && { description }),
      tags: [{ name: tag }],
      paramStructure: 'by-name',
      params: params.map(({ required = false, ...each }) => ({ ...each, required })),
      result,
      errors: errors.map((code) => ({ code: ERRORS[code].rpcCode, message: ERRORS[code].title, data: { code } })),
      'x-roles': neededRoles(access) ?? [],
    })),
  };
}
