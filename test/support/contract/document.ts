import { Ajv2020 } from 'ajv/dist/2020.js';

/** An OpenAPI 3.1 document, limited to what making requests and checking answers needs. */

export type Schema = { readonly [keyword: string]: unknown };
export type MediaType = { schema?: Schema; example?: unknown };
export type Content = Readonly<Record<string, MediaType>>;
export type Parameter = {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  required?: boolean;
  schema?: Schema;
  example?: unknown;
};
export type SecurityScheme = { type: string; scheme?: string; in?: string; name?: string };
type SecurityRequirement = Readonly<Record<string, readonly string[]>>;
type DescribedOperation = {
  parameters?: readonly Parameter[];
  requestBody?: { required?: boolean; content: Content };
  /** Without content the answer has no body. */
  responses: Readonly<Record<string, { content?: Content }>>;
  security?: readonly SecurityRequirement[];
};
export type OpenApi = {
  paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  components?: {
    schemas?: Readonly<Record<string, Schema>>;
    securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  };
  security?: readonly SecurityRequirement[];
};

export type Operation = DescribedOperation & {
  /** In capital letters. */
  method: string;
  /** As written in the document: `/imports/{import_id}`. */
  path: string;
  parameters: readonly Parameter[];
  /** Schemes that a request must satisfy together: the first alternative in the document. */
  securitySchemes: readonly SecurityScheme[];
};

function securityOf(document: OpenApi, operation: DescribedOperation): SecurityScheme[] {
  const [first = {}] = operation.security ?? document.security ?? [];
  return Object.keys(first).map((name) => {
    const scheme = document.components?.securitySchemes?.[name];
    if (scheme === undefined) throw new Error(`the document does not describe the security scheme ${name}`);
    return scheme;
  });
}

/** Every operation, in the order of the document. */
export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters ?? [],
      securitySchemes: securityOf(document, operation),
    })),
  );
}

/** The schema that a `$ref` leads to, if it is one. */
export function resolveSchema(document: OpenApi, schema: Schema): Schema {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  const name = reference.replace('#/components/schemas/', '');
  const found = document.components?.schemas?.[name];
  if (found === undefined) throw new Error(`${reference} leads nowhere`);
  return resolveSchema(document, found);
}

/** Describes what is wrong with a value; undefined when it fits. */
export type SchemaCheck = (schema: Schema, value: unknown) => string | undefined;

/** Validates values against the schemas of a document; each schema is compiled once. */
export function createSchemaCheck(document: OpenApi): SchemaCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  for (const format of ['uri-reference', 'uri', 'date', 'date-time', 'uuid', 'binary', 'int64', 'double']) {
    ajv.addFormat(format, true);
  }
  ajv.addSchema({ $id: 'document', components: document.components ?? {} });
  const compiled = new Map<Schema, ReturnType<typeof ajv.compile>>();
  const compile = (schema: Schema) =>
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components')));
  return (schema, value) => {
    const validate = compiled.get(schema) ?? compile(schema);
    compiled.set(schema, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
}
