import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { request } from '../../support/http/http.js';
import { startVotesWorld, type VotesWorld } from '../../support/traffic/votes_world.js';
import { until } from '../../support/until.js';
import type { Caller } from '../../support/users.js';

const NAMES = ['lisa', 'bart', 'maggie', 'marge', 'homer', 'abe'];
const CASES = 60;
const KILLS = 3;

type Vote = { username: string; vote: string; level: number };
type WholeCase = { status: string; votes: { list: Vote[] } };
type Specialist = { username: string; wallet: number; votes: number; right: number };

describe('votes while Tarantool is killed with SIGKILL', () => {
  let world: VotesWorld;
  const caseIds: string[] = [];
  const acknowledged: { caseId: string; username: string; said: string }[] = [];
  let unknownCount = 0;

  /** Takes cases and votes until there are none. */
  async function voteOnAll(caller: Caller, username: string, mayEnd: () => boolean): Promise<void> {
    for (let turn = 0; ; turn++) {
      const held = await request<{ case_id: string }>(`${world.service.url}/specs/get-case`, {
        headers: { Authorization: `Token ${caller.token}`, Accept: 'application/json' },
      });
      if (held.status === 404 && mayEnd()) return;
      if (held.status !== 200) continue;
      const said = turn % 7 === 0 ? 'justify' : 'convict';
      const answer = await caller.send<{ case_id: string }>('POST', '/specs/vote', { vote: said });
      if (answer.status === 200) acknowledged.push({ caseId: answer.body.case_id, username, said });
      else unknownCount++;
    }
  }

  before(async () => {
    world = await startVotesWorld();
    for (let each = 0; each < CASES; each++) caseIds.push(await world.addCase());
    let isOver = false;
    const voting: Promise<void>[] = [];
    for (const name of NAMES) voting.push(voteOnAll(await world.specialist(name), name, () => isOver));
    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = acknowledged.length + 11 * kill;
      await until('votes are stored', async () => acknowledged.length >= enough);
      await world.killTarantool();
    }
    isOver = true;
    await Promise.all(voting);
  });
  after(() => world.stop());

  it('leave every acknowledged vote, and no specialist with two votes at one level', async (t) => {
    t.diagnostic(`${acknowledged.length} votes acknowledged, ${unknownCount} not`);
    assert.ok(acknowledged.length >= 66);
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
    const { data } = (await world.manager.send<{ data: { differing: number; votes: number } }>('POST', '/votes/check'))
      .body;
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
