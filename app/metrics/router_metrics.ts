import type { Numbers, Sample } from '../metric.js';
import type { RouterReadings } from './repository.js';
import type { Snapshot } from './snapshot.js';

function bySet(values: Numbers): Sample[] {
  return [...values].map(([set, value]) => [{ set }, value]);
}

/** Adds the metrics of the router that the service is connected to, and what it knows of the sets. */
export function addRouter({ gauge, counter, histogram }: Snapshot, { counts, sets, process }: RouterReadings): void {
  gauge('svodka_set_up', '1 if the router is connected to the primary of the set.', bySet(sets.isUp));
  gauge('svodka_set_buckets', 'Buckets of the set, as far as the router knows.', bySet(sets.buckets));
  gauge('svodka_set_calls', 'Calls by the router to the set that have no answer yet.', bySet(sets.inFlight));

  gauge(
    'svodka_router_waiting_calls',
    'Calls that wait for a primary or for a bucket that moves.',
    counts.get('waiting'),
  );
  counter('svodka_router_calls_total', 'Calls passed on to sets.', counts.get('calls'));
  counter(
    'svodka_router_retries_total',
    'Calls repeated, since a bucket or a primary had moved.',
    counts.get('retries'),
  );
  counter(
    'svodka_router_refused_total',
    'Calls refused because a set was away or a bucket was moving.',
    counts.get('refused'),
  );
  counter('svodka_router_unknown_total', 'Writes that a set did not answer.', counts.get('unknown'));
  histogram('svodka_router_wake_delay_seconds', 'How late fibers of the router wake up.', [
    { labels: {}, counted: process.lateness },
  ]);
  gauge('svodka_router_connections', 'Connections to the router.', process.network.get('connections'));
  gauge('svodka_router_memory_lua_bytes', 'Used by Lua in the router.', process.memory.get('lua_bytes'));
}
