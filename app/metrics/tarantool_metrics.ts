import type { Labels, Numbers, Sample } from '../metric.js';
import type { InstanceReadings, Measurements } from './repository.js';
import type { Snapshot } from './snapshot.js';

/** A sample per entry; its key becomes the label. */
function each(label: string, values: Numbers): Sample[] {
  return [...values].map(([name, value]) => [{ [label]: name }, value]);
}

/** A sample per group that has the value. */
function ofGroups(label: string, groups: ReadonlyMap<string, Numbers>, key: string): Sample[] {
  return [...groups].map(([name, values]): [Labels, number | undefined] => [{ [label]: name }, values.get(key)]);
}

/** Adds the metrics that Tarantool reports; of several sets, each with the label of its set. */
export function addTarantool(snapshot: Snapshot, instances: readonly InstanceReadings[]): void {
  type Pick = (measured: Measurements) => number | undefined | readonly Sample[];
  const samplesOf = (pick: Pick): Sample[] =>
    instances.flatMap(({ labels, measured }) => {
      const picked = pick(measured);
      const own: readonly Sample[] = typeof picked === 'object' ? picked : [[{}, picked]];
      return own.map(([more, value]): Sample => [{ ...labels, ...more }, value]);
    });
  const gauge = (name: string, help: string, pick: Pick) => snapshot.gauge(name, help, samplesOf(pick));
  const counter = (name: string, help: string, pick: Pick) => snapshot.counter(name, help, samplesOf(pick));

  gauge('svodka_tarantool_uptime_seconds', 'Time since the start of Tarantool.', ({ server }) =>
    server.get('uptime_seconds'),
  );
  gauge('svodka_tarantool_read_only', '1 if the instance is read-only.', ({ server }) => server.get('is_read_only'));
  gauge('svodka_tarantool_fibers', 'Number of fibers, including those of calls in progress.', ({ server }) =>
    server.get('fibers'),
  );
  counter('svodka_tarantool_log_rows_total', 'Rows of the write-ahead log (LSN).', ({ server }) => server.get('lsn'));
  snapshot.histogram(
    'svodka_tarantool_wake_delay_seconds',
    'How late fibers wake up, which is how long calls wait for the TX thread.',
    instances.map(({ labels, measured }) => ({ labels, counted: measured.lateness })),
  );

  gauge('svodka_tarantool_memory_quota_bytes', 'Memory limit of memtx (SVODKA_MEMTX_MEMORY).', ({ memory }) =>
    memory.get('quota_bytes'),
  );
  gauge(
    'svodka_tarantool_memory_quota_used_bytes',
    'Part of the limit allocated so far; it is never returned.',
    ({ memory }) => memory.get('quota_used_bytes'),
  );
  gauge('svodka_tarantool_memory_arena_bytes', 'Allocated for tuples and indexes.', ({ memory }) =>
    memory.get('arena_bytes'),
  );
  gauge('svodka_tarantool_memory_arena_used_bytes', 'Used by tuples and indexes.', ({ memory }) =>
    memory.get('arena_used_bytes'),
  );
  gauge('svodka_tarantool_memory_items_bytes', 'Allocated for tuples.', ({ memory }) => memory.get('items_bytes'));
  gauge('svodka_tarantool_memory_items_used_bytes', 'Used by tuples.', ({ memory }) => memory.get('items_used_bytes'));
  gauge('svodka_tarantool_memory_lua_bytes', 'Used by Lua.', ({ memory }) => memory.get('lua_bytes'));

  gauge('svodka_tarantool_log_bytes', 'Size of the write-ahead log.', ({ folder }) => folder.get('log_bytes'));
  gauge('svodka_tarantool_log_files', 'Number of files of the write-ahead log.', ({ folder }) =>
    folder.get('log_files'),
  );
  gauge('svodka_tarantool_snapshot_bytes', 'Size of the snapshots.', ({ folder }) => folder.get('snapshot_bytes'));
  gauge('svodka_tarantool_snapshot_files', 'Number of snapshots.', ({ folder }) => folder.get('snapshot_files'));
  gauge('svodka_tarantool_snapshot_time_seconds', 'Time of the last snapshot.', ({ folder }) =>
    folder.get('snapshot_at'),
  );
  gauge('svodka_tarantool_disk_free_bytes', 'Free space of the file system with the data folder.', ({ folder }) =>
    folder.get('free_bytes'),
  );
  gauge('svodka_tarantool_disk_size_bytes', 'Size of the file system with the data folder.', ({ folder }) =>
    folder.get('size_bytes'),
  );

  gauge('svodka_tarantool_connections', 'Connections to Tarantool.', ({ network }) => network.get('connections'));
  gauge('svodka_tarantool_requests_in_flight', 'Requests in progress.', ({ network }) =>
    network.get('requests_in_flight'),
  );
  counter('svodka_tarantool_requests_total', 'Requests.', ({ network }) => network.get('requests'));
  counter('svodka_tarantool_sent_bytes_total', 'Bytes of answers.', ({ network }) => network.get('sent_bytes'));
  counter('svodka_tarantool_received_bytes_total', 'Bytes of requests.', ({ network }) =>
    network.get('received_bytes'),
  );
  counter('svodka_tarantool_operations_total', 'Operations on rows.', ({ operations }) =>
    each('operation', operations),
  );

  gauge('svodka_tarantool_space_rows', 'Number of rows of a space.', ({ spaces }) => ofGroups('space', spaces, 'rows'));
  gauge('svodka_tarantool_space_data_bytes', 'Size of the rows of a space.', ({ spaces }) =>
    ofGroups('space', spaces, 'data_bytes'),
  );
  gauge('svodka_tarantool_space_index_bytes', 'Size of the indexes of a space.', ({ spaces }) =>
    ofGroups('space', spaces, 'index_bytes'),
  );

  gauge('svodka_tarantool_upstream_following', '1 if the instance follows this upstream.', ({ upstreams }) =>
    ofGroups('id', upstreams, 'is_following'),
  );
  gauge('svodka_tarantool_upstream_lag_seconds', 'Age of the last row received from the upstream.', ({ upstreams }) =>
    ofGroups('id', upstreams, 'lag_seconds'),
  );
  gauge('svodka_tarantool_upstream_idle_seconds', 'Time since the last message of the upstream.', ({ upstreams }) =>
    ofGroups('id', upstreams, 'idle_seconds'),
  );
  gauge('svodka_tarantool_downstream_following', '1 if this downstream follows the instance.', ({ downstreams }) =>
    ofGroups('id', downstreams, 'is_following'),
  );
  gauge('svodka_tarantool_downstream_rows_behind', 'Rows that the downstream has not confirmed.', ({ downstreams }) =>
    ofGroups('id', downstreams, 'rows_behind'),
  );
}
