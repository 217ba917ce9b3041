import type { JsonSchema } from '../../http/docs/json_schema.js';

/** A file, as clients see it. `modified`: seconds since 1970. */
export type FileRow = { path: string; size: number; etag: string | null; modified: number };

export const fileSchema: JsonSchema = {
  type: 'object',
  required: ['path', 'size', 'etag', 'modified'],
  properties: {
    path: { type: 'string' },
    size: { type: 'integer', minimum: 0, description: 'Bytes.' },
    etag: { type: ['string', 'null'], description: 'The SHA-256 in quotation marks; null if it is not known yet.' },
    modified: { type: 'number', description: 'Seconds since 1970.' },
  },
};

export const exampleFile: FileRow = {
  path: 'reports/2026.csv',
  size: 1_048_576,
  etag: '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
  modified: 1_795_830_000.125,
};

/** The answer to a part of an upload. */
export const partSchema: JsonSchema = {
  type: 'object',
  required: ['path', 'offset'],
  properties: { path: { type: 'string' }, offset: { type: 'integer', description: 'Bytes that are there.' } },
};
