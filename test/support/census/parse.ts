import { createImportParse, type ParseOptions, type RefusedImport } from '../../../app/census/imports/intake/parse.js';
import { TODAY } from './field_cases.js';

/** An accepted body: all its rows and counts, in chunks. */
export type TakenImport = { chunks: Uint8Array[]; counts: Uint8Array[]; citizenCount: number; bytes: number };

export type ParseSettings = Partial<ParseOptions> & {
  /** Where to split the body; parts are passed one at a time, in order. */
  cuts?: readonly number[];
};

/** Parses a body, by default JSON, whole or in parts. */
export async function parseBody(body: Uint8Array, settings: ParseSettings = {}): Promise<TakenImport | RefusedImport> {
  const { cuts = [], ...options } = settings;
  const chunks: Uint8Array[] = [];
  const allCounts: Uint8Array[] = [];
  const parse = createImportParse(
    { format: 'json', today: TODAY, storesRows: true, reportsAll: false, ...options },
    ({ rows, counts }) => {
      chunks.push(rows);
      if (counts !== undefined) allCounts.push(counts);
    },
  );
  try {
    return await pushAll(parse, Buffer.from(body.buffer, body.byteOffset, body.byteLength), cuts, {
      chunks,
      counts: allCounts,
    });
  } finally {
    parse.close();
  }
}

async function pushAll(
  parse: ReturnType<typeof createImportParse>,
  bytes: Buffer,
  cuts: readonly number[],
  taken: { chunks: Uint8Array[]; counts: Uint8Array[] },
): Promise<TakenImport | RefusedImport> {
  let at = 0;
  for (const cut of cuts) {
    const early = await parse.push(bytes.subarray(at, cut), false);
    if (early !== undefined) return 'code' in early ? early : { ...early, ...taken };
    at = cut;
  }
  const outcome = await parse.push(bytes.subarray(at), true);
  if (outcome === undefined) throw new Error('the last part was pushed and there is no outcome');
  return 'code' in outcome ? outcome : { ...outcome, ...taken };
}
