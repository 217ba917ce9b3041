/** Mixes 32 bits (the finalizer of MurmurHash3). */
function mix(value) {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Numbers from 0 to 1 (exclusive) that depend on the seeds alone: mulberry32. */
export function createGenerator(...seeds) {
  let state = seeds.reduce((hash, seed) => mix(hash ^ mix(seed + 0x9e3779b9)), 0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
