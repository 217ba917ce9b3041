/** Settings of the server that differ from Debian's, or that matter and are the defaults. */
export const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  // As durable as Svodka's SVODKA_WAL_MODE=fsync; these are the defaults.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // Everything fits into memory, as it does in Tarantool.
  shared_buffers: '1GB',
  effective_cache_size: '4GB',
  work_mem: '32MB',
  random_page_cost: '1.1',
  // Imports fill the log quickly; the default of 1 GB would make checkpoints of it all the time.
  max_wal_size: '4GB',
  // For queries of milliseconds, compiling them or starting workers costs more than it brings.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
};

/** Connections of the app: as many as clients at the same time, so that commits can share an fsync. */
export const POOL_SIZE = 16;

/** Dates go in and out as DD.MM.YYYY by themselves. */
export const SESSION_OPTIONS = '-c datestyle=German';
