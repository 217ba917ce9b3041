import type { Context } from 'koa';
import type { JsonSchema } from '../docs/json_schema.js';
import { type AnswerKind, data } from '../route.js';
import type { KeptAnswer, Wanted } from './kept_answers.js';
import { questionOf } from './question.js';
import { acceptedFormat, inFormat, ROW_TYPES, type RowFormat } from './row_formats.js';
import { sendKept, wantedBy } from './send_kept.js';
import { type FlatRows, writeRows } from './write_rows.js';

/** How a client would have its rows, and whether it has them already. */
export type WantedRows = Wanted & { format: RowFormat };

export function rowsWantedBy(ctx: Context): WantedRows {
  return { ...wantedBy(ctx), format: acceptedFormat(ctx) };
}

/**
 * What stands in the ETag of such an answer behind the state of its data. `kind`: a word that no other kind of answer
 * has; `asked`: all that was asked of it, the day too where the answer depends on it.
 */
export function rowsQuestion(format: RowFormat, kind: string, asked: unknown): string {
  return inFormat(format, questionOf(kind, asked));
}

/** Sends rows that writeRows has written in the format, or 304. */
export function sendRows(ctx: Context, answer: KeptAnswer, format: RowFormat): void {
  sendKept(ctx, answer, ROW_TYPES[format], ['Accept']);
}

/** How a route describes such an answer. `row`: the schema of a row; `example`: rows as they would be answered. */
export function describeRows(description: string, row: JsonSchema, example: FlatRows): AnswerKind {
  const write = (format: RowFormat) => Buffer.concat(writeRows(format, example)).toString();
  return {
    status: 200,
    description,
    schema: data({ type: 'array', items: row }),
    example: JSON.parse(write('json')),
    otherTypes: {
      [ROW_TYPES.ndjson]: {
        schema: { type: 'string', description: 'A row a line, as JSON.' },
        example: write('ndjson'),
      },
      [ROW_TYPES.csv]: {
        schema: {
          type: 'string',
          description: 'A header row, then a row a line (RFC 4180); no value is an empty field.',
        },
        example: write('csv'),
      },
    },
  };
}
