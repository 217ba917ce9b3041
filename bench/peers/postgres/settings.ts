/** Server settings that differ from Debian's, or defaults that matter here. */
export const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  // As durable as Svodka with SVODKA_WAL_MODE=fsync; these are the defaults.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // All data fits into memory, as in Tarantool.
  shared_buffers: '1GB',
  effective_cache_size: '4GB',
  work_mem: '32MB',
  random_page_cost: '1.1',
  // Imports fill the WAL quickly; the default of 1 GB would cause constant checkpoints.
  max_wal_size: '4GB',
  // For queries of a few milliseconds, JIT compilation and parallel workers cost more than they save.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
};

/** Connections of the app: one for each concurrent client, so that commits can share an fsync. */
export const POOL_SIZE = 16;

/** Makes PostgreSQL read and write dates as DD.MM.YYYY. */
export const SESSION_OPTIONS = '-c datestyle=German';
