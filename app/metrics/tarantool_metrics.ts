import type { Labels, Numbers, Sample } from '../metric.js';
import type { Measurements } from './repository.js';
import type { Snapshot } from './snapshot.js';

/** One sample for each name, which becomes the label. */
function each(label: string, values: Numbers): Sample[] {
  return [...values].map(([name, value]) => [{ [label]: name }, value]);
}

/** One sample for each group that has the value. */
function ofGroups(label: string, groups: ReadonlyMap<string, Numbers>, key: string): Sample[] {
  return [...groups].map(([name, values]): [Labels, number | undefined] => [{ [label]: name }, values.get(key)]);
}

/** Tells what Tarantool says of itself. */
export function addTarantool(snapshot: Snapshot, read: Measurements): void {
  const { gauge, counter } = snapshot;
  const { server, memory, folder, network, spaces, upstreams, downstreams } = read;

  gauge('svodka_tarantool_uptime_seconds', 'Since Tarantool started.', server.get('uptime_seconds'));
  gauge('svodka_tarantool_read_only', '1: it takes no writes.', server.get('is_read_only'));
  gauge('svodka_tarantool_fibers', 'Fibers, those of calls in work among them.', server.get('fibers'));
  counter('svodka_tarantool_log_rows_total', 'Rows of the write-ahead log (LSN).', server.get('lsn'));
  snapshot.histogram(
    'svodka_tarantool_wake_delay_seconds',
    'How late a fiber wakes: so long a call waits for the TX thread.',
    read.lateness,
  );

  gauge('svodka_tarantool_memory_quota_bytes', 'SVODKA_MEMTX_MEMORY.', memory.get('quota_bytes'));
  gauge('svodka_tarantool_memory_quota_used_bytes', 'Taken of it; never given back.', memory.get('quota_used_bytes'));
  gauge('svodka_tarantool_memory_arena_bytes', 'Held for tuples and indexes.', memory.get('arena_bytes'));
  gauge('svodka_tarantool_memory_arena_used_bytes', 'Used by tuples and indexes.', memory.get('arena_used_bytes'));
  gauge('svodka_tarantool_memory_items_bytes', 'Held for tuples.', memory.get('items_bytes'));
  gauge('svodka_tarantool_memory_items_used_bytes', 'Used by tuples.', memory.get('items_used_bytes'));
  gauge('svodka_tarantool_memory_lua_bytes', 'Used by Lua.', memory.get('lua_bytes'));

  gauge('svodka_tarantool_log_bytes', 'Files of the write-ahead log.', folder.get('log_bytes'));
  gauge('svodka_tarantool_log_files', 'How many they are.', folder.get('log_files'));
  gauge('svodka_tarantool_snapshot_bytes', 'Snapshots.', folder.get('snapshot_bytes'));
  gauge('svodka_tarantool_snapshot_files', 'How many they are.', folder.get('snapshot_files'));
  gauge('svodka_tarantool_snapshot_time_seconds', 'When the last one was made.', folder.get('snapshot_at'));
  gauge('svodka_tarantool_disk_free_bytes', 'What the data folder has room for.', folder.get('free_bytes'));
  gauge('svodka_tarantool_disk_size_bytes', 'The file system that it is on.', folder.get('size_bytes'));

  gauge('svodka_tarantool_connections', 'Connections to Tarantool.', network.get('connections'));
  gauge('svodka_tarantool_requests_in_flight', 'Requests in work.', network.get('requests_in_flight'));
  counter('svodka_tarantool_requests_total', 'Requests.', network.get('requests'));
  counter('svodka_tarantool_sent_bytes_total', 'Bytes of answers.', network.get('sent_bytes'));
  counter('svodka_tarantool_received_bytes_total', 'Bytes of requests.', network.get('received_bytes'));
  counter('svodka_tarantool_operations_total', 'What was done to rows.', each('operation', read.operations));

  gauge('svodka_tarantool_space_rows', 'Rows of a space.', ofGroups('space', spaces, 'rows'));
  gauge('svodka_tarantool_space_data_bytes', 'Bytes of its rows.', ofGroups('space', spaces, 'data_bytes'));
  gauge('svodka_tarantool_space_index_bytes', 'Bytes of its indexes.', ofGroups('space', spaces, 'index_bytes'));

  gauge(
    'svodka_tarantool_upstream_following',
    '1: the server follows this one.',
    ofGroups('id', upstreams, 'is_following'),
  );
  gauge('svodka_tarantool_upstream_lag_seconds', 'How old its last row was.', ofGroups('id', upstreams, 'lag_seconds'));
  gauge(
    'svodka_tarantool_upstream_idle_seconds',
    'Since it was last heard of.',
    ofGroups('id', upstreams, 'idle_seconds'),
  );
  gauge(
    'svodka_tarantool_downstream_following',
    '1: this one follows the server.',
    ofGroups('id', downstreams, 'is_following'),
  );
  gauge(
    'svodka_tarantool_downstream_rows_behind',
    'Rows that it has not confirmed.',
    ofGroups('id', downstreams, 'rows_behind'),
  );
}
