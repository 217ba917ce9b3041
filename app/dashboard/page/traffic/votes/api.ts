import { ask } from '../../shared/http_client.js';

/** The API of votes as the page uses it. All functions throw ApiError. */

export type Vote = 'justify' | 'convict';

export type Specialist = {
  username: string;
  skill: number;
  wallet: number;
  votes: number;
  right: number;
  wrong: number;
  streak: number;
  agreement: number | null;
};

/** Numbers of cases and specialists are counted up to 100. */
export type WaitingLevel = { level: number; cases: number; specialists: number };
export type Waiting = { open: number; levels: WaitingLevel[] };

/** Votes on the case that is shown, which another page of the same specialist may have closed. */
export async function castVote(vote: Vote, caseId: string): Promise<void> {
  await ask('/specs/vote', { method: 'POST', body: { vote, case_id: caseId } });
}

export async function readRecord(signal?: AbortSignal): Promise<Specialist> {
  return (await ask<Specialist>('/specs/me', signal && { signal })).body;
}

export async function readWaiting(signal?: AbortSignal): Promise<Waiting> {
  return (await ask<{ data: Waiting }>('/votes/waiting', signal && { signal })).body.data;
}
