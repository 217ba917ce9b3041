let seed: u64 = 0;

/** Chosen at random for each import, so that no client can choose ids or towns that all collide. */
export function setSeed(value: u64): void {
  seed = value | 1;
}

// @ts-ignore: decorator
@inline
function mix(hash: u64): u64 {
  hash *= 0x9fb21c651e98df25;
  return hash ^ (hash >> 32);
}

export function hashOfNumber(value: f64): u64 {
  return mix(mix(<u64>value ^ seed) ^ seed);
}

/** Of the bytes [from, end); up to 7 bytes behind them are read, and do not count. */
export function hashOfText(from: usize, end: usize): u64 {
  let hash: u64 = mix(seed ^ <u64>(end - from));
  let place = from;
  for (; place + 8 <= end; place += 8) hash = mix(hash ^ load<u64>(place));
  const rest = <u64>(end - place);
  if (rest > 0) hash = mix(hash ^ (load<u64>(place) & ((<u64>1 << (rest * 8)) - 1)));
  return mix(hash ^ seed);
}
