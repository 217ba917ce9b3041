import { readFileSync } from 'node:fs';

/** The functions of assembly/index.ts. Addresses are offsets in `memory`. */
export type ScanFunctions = {
  memory: WebAssembly.Memory;
  inputAt(): number;
  outputAt(): number;
  exchangedRelativesAt(): number;
  exchangedTownAt(): number;
  begin(today: number, hasLines: number, seed: bigint): number;
  scan(from: number, offset: number, line: number, maxRows: number, maxBytes: number): number;
  readTo(): number;
  writtenTo(): number;
  add(id: number, key: number, relatives: number, townBytes: number, byteOffset: number, line: number): number;
  citizenCount(): number;
  relativesCount(): number;
  areRelativesConsistent(): number;
  makeBlocks(): number;
  blockCount(): number;
  blockEnds(): number;
  blocksBegin(): number;
  recordAt(place: number): number;
  firstRelativeOf(place: number): number;
  endOfRelatives(place: number): number;
  relativeAt(at: number): number;
  townName(town: number): number;
  townNameBytes(town: number): number;
};

/**
 * V8 reserves 10 GB of address space for each memory, and refuses more than about a terabyte. Imports beyond these are read
 * in JavaScript.
 */
const MAX_INSTANCES = 16;
/** What an import of 50,000 citizens takes. A larger memory cannot shrink, and is left to the garbage collector. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;
const MAX_KEPT = 4;

let compiled: WebAssembly.Module | undefined | null = null;
const kept: ScanFunctions[] = [];
let used = 0;

/** undefined where the processor has no SIMD. */
function compile(): WebAssembly.Module | undefined {
  const bytes = readFileSync(new URL('./plain_scan.wasm', import.meta.url));
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
}

/** Instances for one import each; undefined when there is none to be had. Give it back with releaseScan. */
export function acquireScan(): ScanFunctions | undefined {
  if (compiled === null) compiled = compile();
  if (compiled === undefined || used >= MAX_INSTANCES) return undefined;
  try {
    const instance = kept.pop() ?? (new WebAssembly.Instance(compiled).exports as ScanFunctions);
    used++;
    return instance;
  } catch (reason) {
    if (reason instanceof RangeError) return undefined;
    throw reason;
  }
}

export function releaseScan(instance: ScanFunctions): void {
  used--;
  if (kept.length < MAX_KEPT && instance.memory.buffer.byteLength <= MAX_KEPT_BYTES) kept.push(instance);
}
