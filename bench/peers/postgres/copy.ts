import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Citizen } from '../../../app/census/citizens/schema.js';

const COPY = `COPY citizens
  (import_id, citizen_id, apartment, birth_date, town, street, building, name, gender, relatives) FROM STDIN`;
/** About 150 KB per piece: few writes, and no 2 MB strings. */
const ROWS_A_PIECE = 1000;

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Escapes a text for COPY's text format. */
function escapeText(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (sign) => ESCAPES[sign] as string) : text;
}

function toLine(importId: number, citizen: Citizen): string {
  const { citizen_id, apartment, birth_date, town, street, building, name, gender, relatives } = citizen;
  const texts = `${escapeText(town)}\t${escapeText(street)}\t${escapeText(building)}\t${escapeText(name)}`;
  return `${importId}\t${citizen_id}\t${apartment}\t${birth_date}\t${texts}\t${gender}\t{${relatives.join()}}\n`;
}

function* toPieces(importId: number, citizens: readonly Citizen[]): Generator<Buffer> {
  for (let start = 0; start < citizens.length; start += ROWS_A_PIECE) {
    const lines = citizens.slice(start, start + ROWS_A_PIECE).map((citizen) => toLine(importId, citizen));
    yield Buffer.from(lines.join(''));
  }
}

/** Sends the citizens by COPY on a transaction's connection. */
export async function copyCitizens(client: pg.PoolClient, importId: number, citizens: readonly Citizen[]) {
  await pipeline(Readable.from(toPieces(importId, citizens)), client.query(copyFrom(COPY)));
}
