import type { Metric } from '../../metric.js';
import type { KeptUse } from './kept_answers.js';

/** What /metrics tells of answers that are kept. `kind`: what they are answers to. */
export function keptMetrics(kind: string, use: () => KeptUse): Metric[] {
  return [
    {
      name: 'svodka_kept_answers',
      help: 'Answers in the cache.',
      kind: 'gauge',
      labels: ['kind'],
      read: () => [[{ kind }, use().answers]],
    },
    {
      name: 'svodka_kept_bytes',
      help: 'Size of the answers in the cache.',
      kind: 'gauge',
      labels: ['kind'],
      read: () => [[{ kind }, use().bytes]],
    },
    {
      name: 'svodka_kept_limit_bytes',
      help: 'Capacity of the cache.',
      kind: 'gauge',
      labels: ['kind'],
      read: () => [[{ kind }, use().maxBytes]],
    },
    {
      name: 'svodka_kept_asked_total',
      help: 'Answers that the client already had (unchanged), that were cached (kept), or that were made.',
      kind: 'counter',
      labels: ['kind', 'result'],
      read() {
        const { unchanged, kept, made } = use().asked;
        return [
          [{ kind, result: 'unchanged' }, unchanged],
          [{ kind, result: 'kept' }, kept],
          [{ kind, result: 'made' }, made],
        ];
      },
    },
  ];
}
