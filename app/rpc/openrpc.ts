import { ERRORS } from '../errors.js';
import type { JsonSchema } from '../http/docs/json_schema.js';

import type { Method } from './method.js';

/** The method that answers the document (OpenRPC 1.3, "Service Discovery Method"). */
export const DISCOVER = 'rpc.discover';

/** The OpenRPC 1.3 document of these methods, from the schemas that validate. */
export function createOpenRpc(methods: readonly Method<never>[], version: string): JsonSchema {
  return {
    openrpc: '1.3.2',
    info: {
      title: 'Svodka',
      version,
      description: 'JSON-RPC 2.0 on POST /rpc: single requests, batches and notifications; parameters by name.',
    },
    methods: methods.map(({ name, summary, description, tag, params, result, errors = [] }) => ({
      name,
      summary,
      ...(description !== undefined && { description }),
      tags: [{ name: tag }],
      paramStructure: 'by-name',
      params: params.map(({ example: _, required = false, ...each }) => ({ ...each, required })),
      result: { name: result.name, schema: result.schema },
      errors: errors.map((code) => ({ code: ERRORS[code].rpcCode, message: ERRORS[code].title, data: { code } })),
    })),
  };
}
