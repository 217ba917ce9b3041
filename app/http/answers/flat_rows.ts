import type { Context } from 'koa';
import type { JsonSchema } from '../docs/json_schema.js';
import { type AnswerKind, data } from '../route.js';
import type { KeptAnswer, Wanted } from './kept_answers.js';
import { questionOf } from './question.js';
import { acceptedFormat, inFormat, ROW_TYPES, type RowFormat } from './row_formats.js';
import { sendKept, wantedBy } from './send_kept.js';
import { type FlatRows, writeRows } from './write_rows.js';

/** The format and the encoding that the client wants, and what it already has. */
export type WantedRows = Wanted & { format: RowFormat };

export function rowsWantedBy(ctx: Context): WantedRows {
  return { ...wantedBy(ctx), format: acceptedFormat(ctx) };
}

/**
 * The part of the ETag that names format and question. `kind` is unique among the kinds of answers; `asked` is
 * everything that the answer depends on besides the data, including the day if it matters.
 */
export function rowsQuestion(format: RowFormat, kind: string, asked: unknown): string {
  return inFormat(format, questionOf(kind, asked));
}

/** Sends rows written by writeRows in this format, or 304. */
export function sendRows(ctx: Context, answer: KeptAnswer, format: RowFormat): void {
  sendKept(ctx, answer, ROW_TYPES[format], ['Accept']);
}

/** Describes a response with rows for OpenAPI. `row` is the schema of a row, `example` a set of rows. */
export function describeRows(description: string, row: JsonSchema, example: FlatRows): AnswerKind {
  const write = (format: RowFormat) => Buffer.concat(writeRows(format, example)).toString();
  return {
    status: 200,
    description,
    schema: data({ type: 'array', items: row }),
    example: JSON.parse(write('json')),
    otherTypes: {
      [ROW_TYPES.ndjson]: {
        schema: { type: 'string', description: 'One JSON object per line, one line per row.' },
        example: write('ndjson'),
      },
      [ROW_TYPES.csv]: {
        schema: {
          type: 'string',
          description: 'A header row, then one line per row (RFC 4180); a missing value is an empty field.',
        },
        example: write('csv'),
      },
    },
  };
}
