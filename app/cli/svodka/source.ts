import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { ImportFormat } from '../../census/imports/service.js';
import { CommandError, EXIT } from '../command_error.js';
import { unreadable } from '../unreadable.js';

/** Four times Node's default of 64 KB, for a quarter of the read calls. */
const READ_BYTES = 256 * 1024;
const STDIN = '-';

const FORMAT_OF_ENDING: ReadonlyMap<string | undefined, ImportFormat> = new Map([
  ['json', 'json'],
  ['ndjson', 'ndjson'],
  ['jsonl', 'ndjson'],
  ['csv', 'csv'],
]);
const ENCODING_OF_ENDING: ReadonlyMap<string | undefined, string> = new Map([
  ['gz', 'gzip'],
  ['br', 'br'],
  ['zst', 'zstd'],
]);

/** The file or stream that an import is read from. */
export type ImportSource = {
  /** As shown to the user. */
  name: string;
  format: ImportFormat;
  /** The Content-Encoding; `undefined` for uncompressed data. */
  encoding: string | undefined;
  /** `undefined` when the size is not known in advance. */
  sizeBytes: number | undefined;
  /** Whether open() can be called again and returns the same bytes. */
  isRepeatable: boolean;
  /** The bytes as stored; the stream fails when the file turns out shorter than `sizeBytes`. */
  open(): Readable;
};

/** Format and encoding by the endings of a file name, in any letter case: `people.csv.gz` is CSV in gzip. */
export function guessFromName(name: string): { format?: ImportFormat; encoding?: string } {
  const endings = basename(name).toLowerCase().split('.').slice(1);
  const encoding = ENCODING_OF_ENDING.get(endings.at(-1));
  if (encoding !== undefined) endings.pop();
  const format = FORMAT_OF_ENDING.get(endings.at(-1));
  return { ...(format && { format }), ...(encoding && { encoding }) };
}

/**
 * Reads `sizeBytes` bytes. The file may grow meanwhile; if it shrinks, reading fails, since the request has announced its
 * length.
 */
async function* readFile(path: string, sizeBytes: number): AsyncGenerator<Buffer, void, undefined> {
  if (sizeBytes === 0) return;
  let readBytes = 0;
  try {
    for await (const piece of createReadStream(path, { end: sizeBytes - 1, highWaterMark: READ_BYTES })) {
      readBytes += piece.length;
      yield piece;
    }
  } catch (reason) {
    throw unreadable(path, reason);
  }
  if (readBytes < sizeBytes) throw new CommandError(EXIT.usage, `${path} became shorter while it was sent.`);
}

/**
 * Finds the source of an import: a file, anything else with a path (such as a named pipe), or `-` for `stdin`.
 * @throws CommandError with `EXIT.usage` when it cannot be read, or its format is not known
 */
export async function findSource(
  file: string,
  givenFormat: ImportFormat | undefined,
  stdin: Readable,
): Promise<ImportSource> {
  const isStdin = file === STDIN;
  const guess = isStdin ? {} : guessFromName(file);
  const stats = isStdin
    ? undefined
    : await stat(file).catch((reason) => {
        throw unreadable(file, reason);
      });
  if (stats?.isDirectory()) throw new CommandError(EXIT.usage, `${file} is a folder, not a file.`);
  const format = givenFormat ?? guess.format;
  if (format === undefined) {
    const reason = isStdin ? 'What comes from stdin has no name' : `The name ${file} does not tell`;
    throw new CommandError(
      EXIT.usage,
      `${reason}${isStdin ? ' that tells its format' : ' the format'}: please add --format json, ndjson or csv.`,
    );
  }
  const sizeBytes = stats?.isFile() ? stats.size : undefined;
  return {
    name: isStdin ? 'stdin' : file,
    format,
    encoding: guess.encoding,
    sizeBytes,
    isRepeatable: sizeBytes !== undefined,
    open() {
      if (isStdin) return stdin;
      if (sizeBytes !== undefined) return Readable.from(readFile(file, sizeBytes), { objectMode: false });
      return createReadStream(file, { highWaterMark: READ_BYTES });
    },
  };
}
