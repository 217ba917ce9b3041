import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeCitizens } from '../../app/demo/citizens.js';
import type { ParseOptions } from '../../app/imports/parse.js';
import { createImportParser } from '../../app/imports/parser.js';
import { TODAY } from '../support/field_cases.js';

const OPTIONS: ParseOptions = { format: 'ndjson', today: TODAY, storesRows: true, reportsAll: false };
/** Enough for the message behind the last of the bytes to have come. */
const TURNS = 20;

async function* partsOf(lines: readonly string[]) {
  for (const line of lines) yield Buffer.from(new Uint8Array(Buffer.from(line)).buffer);
}

describe('the parser of imports in a thread', () => {
  const parser = createImportParser(1);
  after(() => parser.close());
  const lines = makeCitizens(2500, 0).map((one) => `${JSON.stringify(one)}\n`);
  const body = [lines.slice(0, 2000).join(''), lines.slice(2000).join('')];
  const length = Buffer.byteLength(body.join(''));

  it('throws what the sink fails with, also when all was parsed before it failed', async () => {
    let doneBytes = 0;
    let tellAllDone = () => {};
    const allDone = new Promise<void>((resolve) => {
      tellAllDone = resolve;
    });
    const full = new Error('full');
    const add = async () => {
      await allDone;
      for (let turn = 0; turn < TURNS; turn++) await nextTurn();
      throw full;
    };
    const reading = parser.read(partsOf(body), OPTIONS, { add }, (bytes) => {
      doneBytes += bytes;
      if (doneBytes === length) tellAllDone();
    });
    await assert.rejects(reading, (reason) => reason === full);
  });

  it('throws what the sink fails with at once, and takes no more', async () => {
    const full = new Error('full');
    const reading = parser.read(partsOf(body), OPTIONS, { add: () => Promise.reject(full) }, () => {});
    await assert.rejects(reading, (reason) => reason === full);
  });

  it('says what is wrong with the import, and does not wait for the sink then', async () => {
    const reading = parser.read(partsOf([...body, '{}\n']), OPTIONS, { add: () => new Promise(() => {}) }, () => {});
    await assert.rejects(reading, { code: 'INVALID_INPUT' });
  });
});
