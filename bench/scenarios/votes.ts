import type { Procedure } from '../../app/db/procedure.js';
import { addUser, type Caller, callerWith, readAdminToken } from '../../test/support/users.js';
import { compare, type Result, round, type Scenario } from '../measure.js';
import { type ProbedService, startProbedService } from '../probed_service.js';
import { startBareServer } from '../processes.js';
import { loopRate, rawRequest } from '../raw_loop.js';

const CONNECTIONS = 16;
/** Half of them ask for a case, half vote. A specialist casts 40 votes in a round: 1,000 cases have enough for that. */
const REQUESTS = 1_280;
/** A round of 0.3 s and more, where there are enough cases. */
const MANY_REQUESTS = 6_400;
/** So many rounds pass until V8 has compiled what they run. */
const WARM_UPS = 5;
const FEW = 1_000;
const MANY = 1_000_000;
const ROUNDS = 5;

const ADD_CASES: Procedure<[count: number], [open: number]> = { name: 'svodka.bench.add_cases', kind: 'write' };
const RESET: Procedure<[], []> = { name: 'svodka.bench.reset_specialists', kind: 'write' };

type VotingService = { service: ProbedService; rate(requests?: number): Promise<number> };

/** A service with so many open cases, and a specialist for each connection. */
async function startVoting(openCases: number): Promise<VotingService> {
  const service = await startProbedService();
  const { db, url, dataDir } = service;
  const admin = callerWith(url, readAdminToken(dataDir));
  const specialists: Caller[] = [];
  for (let at = 0; at < CONNECTIONS; at++) {
    specialists.push(await addUser(url, admin, `specialist${at}`, ['specialist']));
  }
  const asked = specialists.map(({ token }) =>
    rawRequest('GET /specs/get-case', { Authorization: `Token ${token}`, Accept: 'application/json' }),
  );
  // Votes differ, so that most cases go to the next level and nobody's skill rises out of the first.
  const votes = specialists.map(({ token }, at) =>
    rawRequest(
      'POST /specs/vote',
      { Authorization: `Token ${token}`, 'Content-Type': 'application/json' },
      JSON.stringify({ vote: at % 2 === 0 ? 'convict' : 'justify' }),
    ),
  );
  async function refill(): Promise<void> {
    await db.call(RESET, []);
    while ((await db.call(ADD_CASES, [openCases]))[0] < openCases);
  }
  await refill();
  return {
    service,
    async rate(requests = REQUESTS) {
      await refill();
      await service.stalls();
      const next = (connection: number, turn: number) => (turn % 2 === 0 ? asked : votes)[connection] as Buffer;
      return loopRate({ port: Number(new URL(url).port), connections: CONNECTIONS, requests, next });
    },
  };
}

/** Asking for a case and voting, each a request, against Koa that echoes a small JSON. */
async function votes(): Promise<Result[]> {
  const few = await startVoting(FEW);
  const many = await startVoting(MANY);
  const bare = await startBareServer('koa');
  const echo = rawRequest('POST /', { 'Content-Type': 'application/json' }, '{"vote":"convict"}');
  const port = Number(new URL(bare.url).port);
  const bareRate = () => loopRate({ port, connections: CONNECTIONS, requests: MANY_REQUESTS, next: () => echo });
  const againstBare = await compare(() => many.rate(MANY_REQUESTS), bareRate, ROUNDS, WARM_UPS);
  const { p99Ms } = await many.service.stalls();
  const againstFew = await compare(many.rate, few.rate, ROUNDS, WARM_UPS);
  await Promise.all([few.service.stop(), many.service.stop(), bare.stop()]);
  const figure = (rate: number) => `${round(rate)}/s`;
  return [
    {
      name: 'votes',
      what: 'get-case and vote at 1,000,000 open cases, against bare Koa with a small JSON',
      target: { atLeast: 0.3 },
      value: againstBare.ratio,
      unit: 'ratio',
      figures: `${figure(againstBare.ours)} against ${figure(againstBare.yardstick)}; TX-thread p99 ${round(p99Ms)} ms`,
    },
    {
      name: 'votes-many',
      what: 'get-case and vote at 1,000,000 open cases, against 1,000',
      target: { atLeast: 0.8 },
      value: againstFew.ratio,
      unit: 'ratio',
      figures: `${figure(againstFew.ours)} against ${figure(againstFew.yardstick)}`,
    },
  ];
}

export const voteScenarios: readonly Scenario[] = [{ name: 'votes', run: votes }];
