import { describeRows, rowsWantedBy, sendRows } from '../../http/answers/flat_rows.js';
import { FORMAT_PARAMETERS, ROW_TYPES } from '../../http/answers/row_formats.js';
import { NOT_MODIFIED, sendKept, wantedBy } from '../../http/answers/send_kept.js';
import { pageOf } from '../../http/query/number_page.js';
import { readQuery } from '../../http/query/query.js';
import { data, type Route } from '../../http/route.js';
import { READERS } from '../access.js';
import { citizenSchema } from '../citizens/schema.js';
import { exampleCitizen } from '../citizens/service.js';
import { IMPORT_READ } from '../import_read.js';
import { importIdFromPath, otherImportIdFromPath } from '../path_ids.js';
import { type ChangedCitizen, writeChanged } from './changed_citizens.js';
import { CITIZENS_PARAMETERS, COMPARISON_PARAMETERS, TOWNS_PARAMETERS } from './query.js';
import type { Pair } from './repository.js';
import { type ComparisonService, SHIFT_COLUMNS } from './service.js';

const TAG = 'Comparison';
const PATH = '/imports/{import_id}/compare/{other_id}';
const SAME_CITIZEN = 'Two citizens are the same one when they have the same citizen_id.';

const count = { type: 'integer', minimum: 0 };
const value = { type: ['number', 'null'], description: 'null: the town is not there, so it has none.' };
const shiftSchema = {
  type: 'object',
  required: SHIFT_COLUMNS,
  properties: { town: { type: 'string' }, before: value, after: value, shift: value },
};
const stateSchema = {
  type: 'object',
  required: ['import_id', 'version'],
  properties: { import_id: count, version: count },
};
const comparisonSchema = {
  type: 'object',
  required: ['before', 'after', 'came', 'went', 'changed', 'same', 'towns'],
  properties: {
    before: stateSchema,
    after: stateSchema,
    came: { ...count, description: 'Citizens who are in the second import alone.' },
    went: { ...count, description: 'Those who are in the first alone.' },
    changed: { ...count, description: 'Those in both who differ in any field; the order of relatives means nothing.' },
    same: count,
    towns: { type: 'array', items: shiftSchema, description: 'Citizens of towns; the largest shift first.' },
  },
};
const changedSchema = {
  type: 'object',
  required: ['citizen_id', 'before', 'after'],
  properties: { citizen_id: count, before: citizenSchema, after: citizenSchema },
};

const exampleShifts = [
  ['Керчь', 120, 95, -25],
  ['Москва', 400, 412, 12],
] as const;
const exampleChanged: ChangedCitizen = {
  citizen_id: exampleCitizen.citizen_id,
  before: exampleCitizen,
  after: { ...exampleCitizen, town: 'Керчь' },
};

function pairFromPath(params: Record<string, string>): Pair {
  return [importIdFromPath(params), otherImportIdFromPath(params)];
}

function exampleText(format: 'ndjson' | 'csv'): string {
  return Buffer.concat(writeChanged(format, [exampleChanged], null)).toString();
}

const comparisonRoute = (service: ComparisonService): Route => ({
  ...IMPORT_READ,
  path: PATH,
  access: READERS,
  tag: TAG,
  summary: 'Two imports side by side',
  description: `Who came, went and changed from the first import to the second, all of one moment. ${SAME_CITIZEN}`,
  parameters: COMPARISON_PARAMETERS,
  success: {
    status: 200,
    description: 'How many, with the versions that this is of, and the towns whose citizens became most more or fewer.',
    schema: data(comparisonSchema),
    example: {
      data: {
        before: { import_id: 1, version: 1 },
        after: { import_id: 2, version: 1795348800000000 },
        ...{ came: 40, went: 53, changed: 12, same: 455 },
        towns: exampleShifts.map(([town, before, after, shift]) => ({ town, before, after, shift })),
      },
    },
  },
  otherAnswer: NOT_MODIFIED,
  problems: [404, 503],
  async handle(ctx) {
    const pair = pairFromPath(ctx.params);
    const { townLimit } = readQuery(ctx, COMPARISON_PARAMETERS);
    sendKept(ctx, await service.compare(pair, townLimit, wantedBy(ctx)));
  },
});

const townsRoute = (service: ComparisonService): Route => ({
  ...IMPORT_READ,
  path: `${PATH}/towns`,
  access: READERS,
  tag: TAG,
  summary: 'Towns of two imports side by side',
  description: 'As flat rows: JSON, CSV or lines of JSON, by Accept.',
  parameters: { ...TOWNS_PARAMETERS, ...FORMAT_PARAMETERS },
  success: describeRows('Those with the largest shift first; last those without one.', shiftSchema, {
    columns: SHIFT_COLUMNS,
    rows: exampleShifts,
  }),
  otherAnswer: NOT_MODIFIED,
  problems: [404, 503],
  async handle(ctx) {
    const wanted = rowsWantedBy(ctx);
    const pair = pairFromPath(ctx.params);
    sendRows(ctx, await service.towns(pair, readQuery(ctx, TOWNS_PARAMETERS), wanted), wanted.format);
  },
});

const citizensRoute = (service: ComparisonService): Route => ({
  ...IMPORT_READ,
  path: `${PATH}/citizens`,
  access: READERS,
  tag: TAG,
  summary: 'Who came, went or changed',
  description:
    `In order of citizen_id. ${SAME_CITIZEN} A page is as of one moment of both imports; one may have fewer than ` +
    '`limit` though more follow: the header Link leads to the next, and without it, or with `next_cursor` null, it is the last.',
  parameters: { ...CITIZENS_PARAMETERS, ...FORMAT_PARAMETERS },
  success: {
    status: 200,
    description: 'A page; next_cursor is null on the last.',
    schema: pageOf({ anyOf: [citizenSchema, changedSchema] }),
    example: { data: [exampleChanged], next_cursor: null },
    otherTypes: {
      [ROW_TYPES.ndjson]: {
        schema: { type: 'string', description: 'A citizen a line, as in JSON.' },
        example: exampleText('ndjson'),
      },
      [ROW_TYPES.csv]: {
        schema: {
          type: 'string',
          description:
            'A header row, then a citizen a row: as in the list, or of those who changed each field before and after.',
        },
        example: exampleText('csv'),
      },
    },
  },
  otherAnswer: NOT_MODIFIED,
  problems: [404, 503],
  async handle(ctx) {
    const wanted = rowsWantedBy(ctx);
    const pair = pairFromPath(ctx.params);
    sendRows(ctx, await service.citizens(pair, readQuery(ctx, CITIZENS_PARAMETERS), wanted), wanted.format);
  },
});

export function comparisonRoutes(service: ComparisonService): Route[] {
  return [comparisonRoute(service), townsRoute(service), citizensRoute(service)];
}
