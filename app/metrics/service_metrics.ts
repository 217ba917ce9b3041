import type { ProcedureCalls } from '../db/calls/call_counts.js';
import type { ClientUse } from '../db/client.js';
import type { BodyBudget } from '../http/bodies/body_budget.js';
import type { Metric, Sample } from '../metric.js';
import type { Siblings } from '../siblings/siblings.js';

/** What the ground floor tells of itself. */
type ServiceParts = {
  version: string;
  connection(): ClientUse;
  bodies: BodyBudget['use'];
  /** Of clients, idle ones too. */
  connections(): number;
  siblings: Siblings;
};

const OUTCOMES = ['answered', 'refused', 'lost', 'unsent'] as const;

function connectionMetrics(use: () => ClientUse): Metric[] {
  const byProcedure = (samplesOf: (procedure: string, calls: Readonly<ProcedureCalls>) => Sample[]) =>
    [...use().calls].flatMap(([procedure, calls]) => samplesOf(procedure, calls));
  return [
    {
      name: 'svodka_tarantool_connected',
      help: '1 if connected to Tarantool.',
      kind: 'gauge',
      together: 'min',
      read: () => (use().state === 'ready' ? 1 : 0),
    },
    {
      name: 'svodka_tarantool_connections_made_total',
      help: 'Connections to Tarantool established since the start.',
      kind: 'counter',
      read: () => use().connectionsMade,
    },
    {
      name: 'svodka_tarantool_calls',
      help: 'Calls without an answer yet: sent, or waiting to be sent.',
      kind: 'gauge',
      labels: ['state'],
      read() {
        const { inFlight, waiting } = use();
        return [
          [{ state: 'sent' }, inFlight],
          [{ state: 'waiting' }, waiting],
        ];
      },
    },
    {
      name: 'svodka_tarantool_calls_total',
      help: 'Calls by outcome: answered, refused (the procedure returned an error), lost (sent, no answer), unsent.',
      kind: 'counter',
      labels: ['procedure', 'outcome'],
      read: () =>
        byProcedure((procedure, calls) => OUTCOMES.map((outcome) => [{ procedure, outcome }, calls[outcome]])),
    },
    {
      name: 'svodka_tarantool_call_seconds_total',
      help: 'Total time between sending calls and receiving their answers.',
      kind: 'counter',
      labels: ['procedure'],
      read: () => byProcedure((procedure, { seconds }) => [[{ procedure }, seconds]]),
    },
  ];
}

function siblingMetrics({ count }: Siblings): Metric[] {
  return [
    {
      name: 'svodka_web_processes',
      help: 'Web processes that answer requests.',
      kind: 'gauge',
      together: 'first',
      read: () => count().running,
    },
    {
      name: 'svodka_web_processes_wanted',
      help: 'How many there should be (SVODKA_WEB_PROCESSES).',
      kind: 'gauge',
      together: 'first',
      read: () => count().wanted,
    },
  ];
}

/** How the parts of the service are used that belong to no room. */
export function serviceMetrics({ version, connection, bodies, connections, siblings }: ServiceParts): Metric[] {
  return [
    {
      name: 'svodka_build_info',
      help: 'Always 1.',
      kind: 'gauge',
      together: 'first',
      labels: ['version', 'node'],
      read: () => [[{ version, node: process.version }, 1]],
    },
    { name: 'svodka_http_connections', help: 'Open connections of clients.', kind: 'gauge', read: connections },
    {
      name: 'svodka_bodies_held_bytes',
      help: 'Memory held for the bodies of imports in progress.',
      kind: 'gauge',
      read: () => bodies().heldBytes,
    },
    {
      name: 'svodka_bodies_limit_bytes',
      help: 'Limit of this memory; beyond it, imports are refused.',
      kind: 'gauge',
      together: 'max',
      read: () => bodies().totalBytes,
    },
    ...siblingMetrics(siblings),
    ...connectionMetrics(connection),
  ];
}
