// The functions that the scenarios on tasks run: by Svodka as scripts, by the yardstick in a bare loop of child processes.

/** Does nothing. */
export function noop() {}

/** When its first line ran, in seconds since 1970. */
export function firstLine() {
  return (performance.timeOrigin + performance.now()) / 1000;
}

/** Uses the CPU for as long as so many rounds take. */
export function compute({ rounds }) {
  let state = 1;
  for (let round = 0; round < rounds; round++) state = (state * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff;
  return state;
}
