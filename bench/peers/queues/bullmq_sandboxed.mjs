// What BullMQ runs in child processes: returns when its first line ran.

// biome-ignore lint/style/noDefaultExport: BullMQ calls the default export.
export default async function noop() {
  return performance.timeOrigin + performance.now();
}
