/** Numbers the towns by the bytes of their names: making a million strings would cost a tenth of the parsing. */
export type TownNumbers = {
  /** The number of the town with this name (UTF-8 in `source`); a new town gets the next number, from 0. */
  take(source: Uint8Array, start: number, end: number): number;
  count(): number;
  /** The bytes of a town's name; valid until the next call of take(). */
  nameOf(town: number): Uint8Array;
  /** Bytes of memory. */
  heldBytes(): number;
};

const FIRST_SLOTS = 1024;
const FIRST_NAME_BYTES = 16 * 1024;
/** In two JavaScript arrays, which V8 grows by half. */
const BYTES_A_TOWN = 24;

/** Open addressing over the names, which are stored one after another. */
export function createTownNumbers(): TownNumbers {
  let names = new Uint8Array(FIRST_NAME_BYTES);
  /** Offset of each town's name; it ends where the next one begins. */
  const starts: number[] = [0];
  const hashes: number[] = [];
  /** town + 1; 0 is free. */
  let slots = new Int32Array(FIRST_SLOTS);
  // Random, so that no client can choose names that all collide.
  const seed = (Math.random() * 2 ** 32) | 0;

  /** 31 bits: V8 keeps such numbers as small integers. */
  function hashOf(source: Uint8Array, start: number, end: number): number {
    let hash = seed;
    for (let i = start; i < end; i++) {
      hash = Math.imul(hash ^ (source[i] as number), 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    return Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 1;
  }

  function isNamed(town: number, source: Uint8Array, start: number, end: number): boolean {
    const from = starts[town] as number;
    if ((starts[town + 1] as number) - from !== end - start) return false;
    for (let i = start; i < end; i++) if (names[from + i - start] !== source[i]) return false;
    return true;
  }

  function addName(source: Uint8Array, start: number, end: number): void {
    const from = starts.at(-1) as number;
    const length = from + end - start;
    if (length > names.length) {
      const grown = new Uint8Array(length * 2);
      grown.set(names.subarray(0, from));
      names = grown;
    }
    names.set(source.subarray(start, end), from);
    starts.push(length);
  }

  function growSlots(): void {
    slots = new Int32Array(slots.length * 2);
    hashes.forEach((hash, town) => {
      let slot = hash & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = town + 1;
    });
  }

  return {
    take(source, start, end) {
      const hash = hashOf(source, start, end);
      let slot = hash & (slots.length - 1);
      for (let town = slots[slot] as number; town !== 0; town = slots[slot] as number) {
        if (hashes[town - 1] === hash && isNamed(town - 1, source, start, end)) return town - 1;
        slot = (slot + 1) & (slots.length - 1);
      }
      addName(source, start, end);
      hashes.push(hash);
      slots[slot] = hashes.length;
      if (hashes.length * 3 > slots.length * 2) growSlots();
      return hashes.length - 1;
    },
    count: () => hashes.length,
    nameOf: (town) => names.subarray(starts[town], starts[town + 1]),
    heldBytes: () => names.length + slots.byteLength + hashes.length * BYTES_A_TOWN,
  };
}
