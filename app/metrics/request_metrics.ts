import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { ERRORS } from '../errors.js';
import type { RequestObserver } from '../http/requests/request_observer.js';

/** From the look-up of a 304 to the import of a million citizens. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** All other methods that Node's parser accepts are counted together. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

type Observe = (seconds: number) => void;

/** Counts requests, problems and durations by route (in OpenAPI notation), method and class of status. */
export function createRequestMetrics(registry: Registry): RequestObserver {
  const registers = [registry];
  const inFlight = new Gauge({
    name: 'svodka_http_requests_in_flight',
    help: 'Requests in progress, without event streams and responses to slow readers.',
    registers,
  });
  const seconds = new Histogram({
    name: 'svodka_http_request_seconds',
    help: 'Time from the end of the request headers until the response is ready to be sent.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const problems = new Counter({
    name: 'svodka_http_problems_total',
    help: 'Error responses by code.',
    labelNames: ['code'],
    registers,
  });
  // Creates the series with 0: if a series began at 1, its first increase would be invisible to alerts.
  for (const code of Object.keys(ERRORS)) problems.inc({ code }, 0);
  const cutOffs = new Counter({
    name: 'svodka_http_cut_off_total',
    help: 'Requests whose client left before the whole response was sent.',
    registers,
  });
  const contained = new Counter({
    name: 'svodka_contained_errors_total',
    help: 'Contained errors thrown outside the handler of a request, by whether the request is known.',
    labelNames: ['owner'],
    registers,
  });
  for (const owner of ['request', 'none']) contained.inc({ owner }, 0);
  // Looking up labels costs more than counting.
  const observers = new Map<string, Observe>();

  function observerOf(method: string, route: string, status: number): Observe {
    const key = `${method} ${route} ${status}`;
    let observe = observers.get(key);
    if (observe === undefined) {
      const labels = {
        method: METHODS.has(method) ? method : 'other',
        route,
        status: `${Math.floor(status / 100)}xx`,
      };
      const child = seconds.labels(labels);
      observe = (value) => child.observe(value);
      observers.set(key, observe);
    }
    return observe;
  }

  return {
    begun: () => inFlight.inc(),
    answered({ method, route, status, seconds: spent, code }) {
      inFlight.dec();
      observerOf(method, route, status)(spent);
      if (code !== undefined) problems.inc({ code });
    },
    cutOff: () => cutOffs.inc(),
    contained: (owner) => contained.inc({ owner }),
  };
}
