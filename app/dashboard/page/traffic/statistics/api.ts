import { ask, withQuery } from '../../shared/http_client.js';

/** The statistics of cases and votes as the page uses them. All functions throw ApiError. */

export type CountKind = 'status' | 'violation' | 'camera' | 'day';
export type CaseCount = { key: string; cases: number };
export type Decisions = {
  status: 'justified' | 'convicted';
  cases: number;
  median_s: number | null;
  p90_s: number | null;
};
type VoteStatistics = {
  votes: { justify: number; convict: number };
  agreement: number | null;
  decisions: Decisions[];
};

/** How many cases there are, by key. */
export async function readCounts(kind: CountKind, signal?: AbortSignal): Promise<CaseCount[]> {
  type Row = { cases: number } & Record<CountKind, string>;
  const { body } = await ask<Row[]>(withQuery('/cases/stats', { group_by: kind }), signal && { signal });
  return body.map((row) => ({ key: row[kind], cases: row.cases }));
}

export async function readVoteStatistics(signal?: AbortSignal): Promise<VoteStatistics> {
  return (await ask<{ data: VoteStatistics }>('/votes/stats', signal && { signal })).body.data;
}
