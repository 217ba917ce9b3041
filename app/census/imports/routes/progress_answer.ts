import type { ImportProgress } from '../service.js';

/** An import as the API shows it. */
export const progressSchema = {
  type: 'object',
  required: ['import_id', 'state', 'citizens', 'bytes', 'created_at', 'published_at', 'version'],
  properties: {
    import_id: { type: 'integer' },
    state: { type: 'string', enum: ['staging', 'published'], description: 'staging: its body is still being read.' },
    citizens: { type: 'integer', description: 'Stored so far.' },
    bytes: { type: ['integer', 'null'], description: 'Of the decoded body, read so far.' },
    created_at: { type: 'string', format: 'date-time' },
    published_at: { type: ['string', 'null'], format: 'date-time' },
    version: { type: 'integer', description: 'Of the data: grows with each change.' },
  },
};

export const exampleProgress = {
  import_id: 1,
  state: 'published',
  citizens: 10_000,
  bytes: 2_493_021,
  created_at: '2026-11-22T12:00:00.000Z',
  published_at: '2026-11-22T12:00:00.050Z',
  version: 1,
};

function toTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

export function toProgressAnswer(progress: ImportProgress) {
  const { importId, state, citizenCount, bytes, createdAt, publishedAt, version } = progress;
  return {
    import_id: importId,
    state,
    citizens: citizenCount,
    bytes: bytes ?? null,
    created_at: toTime(createdAt),
    published_at: publishedAt === undefined ? null : toTime(publishedAt),
    version,
  };
}
