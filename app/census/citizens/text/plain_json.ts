import { readFileSync } from 'node:fs';
import { KEY_TEXTS } from './key_texts.js';

/** The functions of assembly/index.ts. */
type TextFunctions = {
  memory: WebAssembly.Memory;
  textsAt(): number;
  inputAt(): number;
  outputAt(): number;
  toJson(bytes: number, maxRows: number, before: number, after: number): number;
  readTo(): number;
  writtenTo(): number;
};

/** A byte before or after each citizen. */
export type Separators = { before: number; after: number };
/** Rows from `from` on that were read, and their text, valid until the next call. */
type PlainText = { rows: number; readBytes: number; text: Uint8Array };

const TEXT_BYTES = 32;
const INPUT_BYTES = 64 * 1024;
const PADDING_BYTES = 64;

let made: ReturnType<typeof create> | undefined | null = null;

function create() {
  const bytes = readFileSync(new URL('./citizens_text.wasm', import.meta.url));
  if (!WebAssembly.validate(bytes)) return undefined;
  const functions = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as TextFunctions;
  const memory = new Uint8Array(functions.memory.buffer);
  KEY_TEXTS.forEach((text, number) => {
    memory.set(Buffer.from(text, 'latin1'), functions.textsAt() + number * TEXT_BYTES);
  });
  return { functions, memory, inputAt: functions.inputAt(), outputAt: functions.outputAt() };
}

/**
 * Writes the JSON of the first rows (MessagePack) from `from` on, as many as fit into a slice of 64 KiB. `rows` is 0 when the
 * first one does not; undefined where the processor has no SIMD.
 */
export function readPlainJson(
  rows: Buffer,
  from: number,
  maxRows: number,
  { before, after }: Separators,
): PlainText | undefined {
  if (made === null) made = create();
  if (made === undefined) return undefined;
  const { functions, memory, inputAt, outputAt } = made;
  const slice = rows.subarray(from, from + INPUT_BYTES);
  memory.set(slice, inputAt);
  memory.fill(0, inputAt + slice.length, inputAt + slice.length + PADDING_BYTES);
  const count = functions.toJson(slice.length, maxRows, before, after);
  return {
    rows: count,
    readBytes: functions.readTo(),
    text: memory.subarray(outputAt, outputAt + functions.writtenTo()),
  };
}
