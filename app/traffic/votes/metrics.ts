import type { DatabaseReadings, Metric, Sample } from '../../metric.js';

const STATUSES = ['initiated', 'extended', 'justified', 'convicted'] as const;

/** What tarantool/traffic/votes/measure.lua has measured; undefined while Tarantool is away. */
function measured(database: DatabaseReadings | undefined, name: string): number | undefined {
  return database?.rooms.get('votes')?.get(name);
}

export const VOTE_METRICS: readonly Metric[] = [
  {
    name: 'svodka_cases',
    help: 'Cases stored, by status.',
    kind: 'gauge',
    labels: ['status'],
    read: (database) => STATUSES.map((status): Sample => [{ status }, measured(database, status)]),
  },
  {
    name: 'svodka_case_holds',
    help: 'Cases that a specialist is looking at.',
    kind: 'gauge',
    read: (database) => measured(database, 'holds'),
  },
  {
    name: 'svodka_votes',
    help: 'Votes stored.',
    kind: 'gauge',
    read: (database) => measured(database, 'votes'),
  },
  {
    name: 'svodka_specialists',
    help: 'Specialists, those included who may not vote any more.',
    kind: 'gauge',
    read: (database) => measured(database, 'specialists'),
  },
];
