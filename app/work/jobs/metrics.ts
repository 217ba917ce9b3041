import type { DatabaseReadings, Metric, Sample } from '../../metric.js';

/** What tarantool/work/jobs/measure.lua has measured; undefined while Tarantool is away. */
function measured(database: DatabaseReadings | undefined, name: string): number | undefined {
  return database?.rooms.get('jobs')?.get(name);
}

/** One number under one name. */
function gauge(name: string, help: string, measure: string): Metric {
  return { name, help, kind: 'gauge', read: (database) => measured(database, measure) };
}

/** One number for each of some states. */
function byState(label: string, states: readonly string[], suffix = ''): Pick<Metric, 'labels' | 'read'> {
  return {
    labels: [label],
    read: (database) => states.map((state): Sample => [{ [label]: state }, measured(database, `${state}${suffix}`)]),
  };
}

export function jobMetrics(watcherCount: () => number): Metric[] {
  return [
    {
      name: 'svodka_jobs',
      help: 'Jobs stored: ready to be taken, waiting for their time, worked on, ended.',
      kind: 'gauge',
      ...byState('state', ['ready', 'waiting', 'working', 'ended']),
    },
    {
      name: 'svodka_jobs_ended_total',
      help: 'Jobs that have ended since Tarantool started.',
      kind: 'counter',
      ...byState('status', ['finished', 'failed', 'cancelled'], '_total'),
    },
    gauge(
      'svodka_oldest_ready_job_seconds',
      'How long a job has been ready without being taken.',
      'oldest_ready_seconds',
    ),
    gauge('svodka_executors', 'Executors that Tarantool knows.', 'executors'),
    gauge('svodka_executors_waiting', 'Executors that wait for jobs.', 'executors_waiting'),
    {
      name: 'svodka_task_watchers',
      help: 'Streams of events of tasks that are open.',
      kind: 'gauge',
      read: watcherCount,
    },
  ];
}
