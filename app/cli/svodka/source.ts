import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { ImportFormat } from '../../census/imports/service.js';
import { CommandError, EXIT } from '../command_error.js';

/** Fewer, larger reads than Node's 64 KB: a quarter of the calls a gigabyte. */
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

/** What an import is read from. */
export type ImportSource = {
  /** For people. */
  name: string;
  format: ImportFormat;
  /** A Content-Encoding; undefined: it is sent plain. */
  encoding: string | undefined;
  /** undefined where only its end will tell. */
  sizeBytes: number | undefined;
  /** Whether open() can be called again, for the same bytes. */
  isRepeatable: boolean;
  /** The bytes as they are, as a stream that fails when they are not all there. */
  open(): Readable;
};

/** What the name of a file tells: `people.csv.gz` is CSV in gzip. Letters of any case. */
export function guessFromName(name: string): { format?: ImportFormat; encoding?: string } {
  const endings = basename(name).toLowerCase().split('.').slice(1);
  const encoding = ENCODING_OF_ENDING.get(endings.at(-1));
  if (encoding !== undefined) endings.pop();
  const format = FORMAT_OF_ENDING.get(endings.at(-1));
  return { ...(format && { format }), ...(encoding && { encoding }) };
}

function cannotRead(name: string, reason: unknown): CommandError {
  const { code, message } = reason as NodeJS.ErrnoException;
  const words = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be read' : message;
  return new CommandError(EXIT.usage, `${name} cannot be read: ${words}.`);
}

/** A file may grow while it is sent, which does not matter, or shrink, which would leave the request without its end. */
async function* readFile(path: string, sizeBytes: number): AsyncGenerator<Buffer, void, undefined> {
  if (sizeBytes === 0) return;
  let readBytes = 0;
  try {
    for await (const piece of createReadStream(path, { end: sizeBytes - 1, highWaterMark: READ_BYTES })) {
      readBytes += piece.length;
      yield piece;
    }
  } catch (reason) {
    throw cannotRead(path, reason);
  }
  if (readBytes < sizeBytes) throw new CommandError(EXIT.usage, `${path} became shorter while it was sent.`);
}

/**
 * Where the import comes from: a file, whatever can be read by a path (a named pipe), or `-` for `stdin`.
 * @throws CommandError usage: there is nothing to read, or the format can not be told
 */
export async function findSource(
  file: string,
  toldFormat: ImportFormat | undefined,
  stdin: Readable,
): Promise<ImportSource> {
  const isStdin = file === STDIN;
  const guess = isStdin ? {} : guessFromName(file);
  const stats = isStdin
    ? undefined
    : await stat(file).catch((reason) => {
        throw cannotRead(file, reason);
      });
  if (stats?.isDirectory()) throw new CommandError(EXIT.usage, `${file} is a folder, not a file.`);
  const format = toldFormat ?? guess.format;
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
