import type { ClientUse } from '../db/client.js';
import type { KeptUse } from '../http/answers/kept_answers.js';
import type { Labels, Sample, Snapshot } from './snapshot.js';

/** What the parts of the service say of themselves when they are asked. */
export type ServiceParts = {
  version: string;
  connection(): ClientUse;
  /** By what the threads do. */
  threads(): Readonly<Record<string, { threads: number; running: number; queued: number }>>;
  bodies(): { heldBytes: number; totalBytes: number };
  /** By what is kept. */
  kept(): Readonly<Record<string, KeptUse>>;
  /** Streams of events that are open. */
  watchers(): number;
  /** Of clients, idle ones too. */
  connections(): number;
};

/** Each of the record's values as samples with the label `name`. */
function perName<Value>(
  label: string,
  record: Readonly<Record<string, Value>>,
  samplesOf: (value: Value) => readonly (readonly [labels: Labels, value: number])[],
): Sample[] {
  return Object.entries(record).flatMap(([name, value]) =>
    samplesOf(value).map(([labels, number]): Sample => [{ [label]: name, ...labels }, number]),
  );
}

function addConnection({ gauge, counter }: Snapshot, use: ClientUse): void {
  const { state, inFlight, waiting, connectionsMade, calls } = use;
  gauge('svodka_tarantool_connected', '1: there is a connection to Tarantool.', state === 'ready' ? 1 : 0);
  counter('svodka_tarantool_connections_made_total', 'Connections to it that were made.', connectionsMade);
  gauge('svodka_tarantool_calls', 'Calls without an answer: sent, or waiting for room.', [
    [{ state: 'sent' }, inFlight],
    [{ state: 'waiting' }, waiting],
  ]);
  const byName = Object.fromEntries(calls);
  counter(
    'svodka_tarantool_calls_total',
    'Calls by what became of them: answered, refused (it said no), lost (no answer came), unsent.',
    perName('procedure', byName, ({ answered, refused, lost, unsent }) => [
      [{ outcome: 'answered' }, answered],
      [{ outcome: 'refused' }, refused],
      [{ outcome: 'lost' }, lost],
      [{ outcome: 'unsent' }, unsent],
    ]),
  );
  counter(
    'svodka_tarantool_call_seconds_total',
    'Between the sending of calls and their answers.',
    perName('procedure', byName, ({ seconds }) => [[{}, seconds]]),
  );
}

/** Tells how the service's own parts are used. */
export function addService(snapshot: Snapshot, parts: ServiceParts): void {
  const { gauge, counter } = snapshot;
  gauge('svodka_build_info', 'Always 1.', [[{ version: parts.version, node: process.version }, 1]]);
  gauge('svodka_http_connections', 'Open connections of clients.', parts.connections());
  gauge('svodka_event_watchers', 'Clients that follow the events of an import.', parts.watchers());

  const threads = parts.threads();
  gauge(
    'svodka_worker_threads',
    'Threads, by what they do.',
    perName('pool', threads, (use) => [[{}, use.threads]]),
  );
  gauge(
    'svodka_worker_tasks',
    'What the threads have in work, and what waits for them.',
    perName('pool', threads, ({ running, queued }) => [
      [{ state: 'running' }, running],
      [{ state: 'queued' }, queued],
    ]),
  );

  const { heldBytes, totalBytes } = parts.bodies();
  gauge('svodka_bodies_held_bytes', 'Held of the bodies of imports in work.', heldBytes);
  gauge('svodka_bodies_limit_bytes', 'How much may be held of them; above, imports are refused.', totalBytes);

  const kept = parts.kept();
  gauge(
    'svodka_kept_answers',
    'Answers that are kept.',
    perName('kind', kept, ({ answers }) => [[{}, answers]]),
  );
  gauge(
    'svodka_kept_bytes',
    'Their bytes.',
    perName('kind', kept, ({ bytes }) => [[{}, bytes]]),
  );
  gauge(
    'svodka_kept_limit_bytes',
    'How many bytes of them are kept.',
    perName('kind', kept, ({ maxBytes }) => [[{}, maxBytes]]),
  );
  counter(
    'svodka_kept_asked_total',
    'Answers that the client had already (unchanged), that were kept, and that were made.',
    perName('kind', kept, ({ asked }) => [
      [{ result: 'unchanged' }, asked.unchanged],
      [{ result: 'kept' }, asked.kept],
      [{ result: 'made' }, asked.made],
    ]),
  );
  addConnection(snapshot, parts.connection());
}
