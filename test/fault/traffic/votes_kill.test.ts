import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { request } from '../../support/http/http.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { startVotesWorld, type VotesWorld } from '../../support/traffic/votes_world.js';
import { until } from '../../support/until.js';
import type { Caller } from '../../support/users.js';

const NAMES = ['lisa', 'bart', 'maggie', 'marge', 'homer', 'abe'];

type Vote = { username: string; vote: string; level: number };
type WholeCase = { status: string; votes: { list: Vote[] } };
type Specialist = { username: string; wallet: number; votes: number; right: number };
type HeldCase = { case_id: string };

/** Undefined when the connection failed. */
async function unlessCutOff<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (reason) {
    if (reason instanceof TypeError) return undefined;
    throw reason;
  }
}

const VICTIMS = [
  { victim: 'Tarantool', kill: (world: VotesWorld) => world.killTarantool(), kills: IS_NIGHTLY ? 10 : 3 },
  { victim: 'the service', kill: (world: VotesWorld) => world.killService(), kills: IS_NIGHTLY ? 10 : 1 },
];

for (const { victim, kill, kills } of VICTIMS) {
  describe(`votes while ${victim} is killed with SIGKILL`, () => {
    let world: VotesWorld;
    const caseIds: string[] = [];
    const acknowledged: { caseId: string; username: string; said: string }[] = [];
    let unknownCount = 0;

    /** Takes cases and votes until there are none. Every other vote asks for the next case as well. */
    async function voteOnAll(caller: Caller, username: string, mayEnd: () => boolean): Promise<void> {
      let promised: string | undefined;
      for (let turn = 0; ; turn++) {
        const held = await unlessCutOff(
          request<HeldCase>(`${world.service.url}/specs/get-case`, {
            headers: { Authorization: `Token ${caller.token}`, Accept: 'application/json' },
          }),
        );
        if (held?.status === 404 && mayEnd()) return;
        if (held?.status !== 200) continue;
        assert.equal(held.body.case_id, promised ?? held.body.case_id, 'a case that was given stays given');
        promised = undefined;
        const said = turn % 7 === 0 ? 'justify' : 'convict';
        const path = turn % 2 === 0 ? '/specs/vote' : '/specs/vote?next=true';
        const answer = await unlessCutOff(
          caller.send<HeldCase & { next?: HeldCase | null }>('POST', path, { vote: said }),
        );
        if (answer?.status !== 200) {
          unknownCount++;
          continue;
        }
        acknowledged.push({ caseId: answer.body.case_id, username, said });
        promised = answer.body.next?.case_id;
      }
    }

    before(async () => {
      world = await startVotesWorld();
      for (let each = 0; each < 20 + kills * 20; each++) caseIds.push(await world.addCase());
      const callers: Caller[] = [];
      for (const name of NAMES) callers.push(await world.specialist(name));
      let isOver = false;
      const voting = callers.map((caller, place) => voteOnAll(caller, NAMES[place] ?? '', () => isOver));
      try {
        for (let done = 0; done < kills; done++) {
          const enough = acknowledged.length + 11;
          await until('votes are stored', async () => acknowledged.length >= enough);
          await kill(world);
        }
      } finally {
        isOver = true;
      }
      await Promise.all(voting);
    });
    after(() => world.stop());

    it('leave every acknowledged vote, and no specialist with two votes at one level', async (t) => {
      t.diagnostic(`${kills} kills, ${acknowledged.length} votes acknowledged, ${unknownCount} not`);
      assert.ok(acknowledged.length >= 11 * kills);
      const found = new Map<string, WholeCase>();
      for (const caseId of caseIds) found.set(caseId, (await world.manager.get<WholeCase>(`/cases/${caseId}`)).body);
      for (const { caseId, username, said } of acknowledged) {
        const votes = found.get(caseId)?.votes.list ?? [];
        assert.ok(
          votes.some((vote) => vote.username === username && vote.vote === said),
          `${username} said ${said} of ${caseId}`,
        );
      }
      for (const { votes, status } of found.values()) {
        const voters = votes.list.map(({ username, level }) => `${username} ${level}`);
        assert.equal(new Set(voters).size, voters.length);
        const first = votes.list.filter(({ level }) => level === 1);
        assert.ok(first.length <= 3);
        assert.equal(status === 'initiated', first.length < 3);
      }
    });

    it('leave wallets and records that follow from the votes', async () => {
      const { data } = (
        await world.manager.send<{ data: { differing: number; votes: number } }>('POST', '/votes/check')
      ).body;
      assert.equal(data.differing, 0, JSON.stringify(data));
      const { data: specialists } = (await world.manager.get<{ data: Specialist[] }>('/managers/specialists')).body;
      assert.equal(
        specialists.reduce((sum, { votes }) => sum + votes, 0),
        data.votes,
      );
      assert.ok(specialists.some(({ wallet }) => wallet > 0));
      for (const { wallet, right, username } of specialists) assert.ok(wallet <= right, username);
    });
  });
}
