import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { request } from '../../support/http/http.js';
import { readMetrics } from '../../support/metrics.js';
import { PHOTO, startVotesWorld, TRANSPORT, VIOLATION, type VotesWorld } from '../../support/traffic/votes_world.js';
import { addUser, type Caller } from '../../support/users.js';

type HeldCase = { case_id: string; photo_url: string; expires_at: string };

describe('votes over HTTP', () => {
  let world: VotesWorld;
  let specialists: Caller[];

  before(async () => {
    world = await startVotesWorld();
    specialists = [];
    for (const name of ['lisa', 'bart', 'maggie', 'marge']) specialists.push(await world.specialist(name));
  });
  after(() => world.stop());

  const nth = (place: number): Caller => specialists[place] as Caller;
  const asJson = (caller: Caller) =>
    request<HeldCase>(`${world.service.url}/specs/get-case`, {
      headers: { Authorization: `Token ${caller.token}`, Accept: 'application/json' },
    });
  const vote = (caller: Caller, said: string) => caller.send('POST', '/specs/vote', { vote: said });

  it('need the roles', async () => {
    const user = await addUser(world.service.url, world.admin, 'homer', ['user']);
    for (const path of ['/specs/get-case', '/specs/me', '/managers/specialists', '/votes/stats', '/votes/waiting']) {
      assert.equal((await user.get(path)).status, 403, path);
    }
    assert.equal((await vote(user, 'convict')).status, 403);
    assert.equal((await world.manager.get('/specs/me')).status, 403);
    assert.equal((await nth(0).send('POST', '/managers/verify', { username: 'homer' })).status, 403);
  });

  it('begin with a user who is verified, by name or id', async () => {
    const user = await addUser(world.service.url, world.admin, 'moe', ['user']);
    const { id } = (await user.get<{ id: number }>('/api/v1/me')).body;
    assert.deepEqual((await world.manager.send('POST', '/managers/verify', { id })).body, { status: 'OK' });
    assert.deepEqual((await user.get('/specs/me')).body, {
      ...{ username: 'moe', skill: 1, wallet: 0, votes: 0, right: 0, wrong: 0, streak: 0, agreement: null },
    });
    const unknown = await world.manager.send<{ code: string }>('POST', '/managers/verify', { username: 'nobody' });
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'USER_NOT_FOUND']);
    assert.equal((await world.manager.send('POST', '/managers/verify', { id: 12_345 })).status, 404);
    for (const wrong of [{}, { id: '1' }, { id: -1 }, { username: '' }, { name: 'moe' }, [], 5]) {
      assert.equal((await world.manager.send('POST', '/managers/verify', wrong)).status, 400, JSON.stringify(wrong));
    }
    await world.admin.send('DELETE', '/api/v1/users/moe');
  });

  it('are about a case that is held: its photo with headers, or JSON', async () => {
    const none = await asJson(nth(0));
    assert.equal(none.status, 404);
    const refused = await vote(nth(0), 'convict');
    assert.equal(refused.status, 409);
    const caseId = await world.addCase();
    const found = await asJson(nth(0));
    const { expires_at, ...rest } = found.body;
    assert.deepEqual(rest, {
      ...{ case_id: caseId, transport: TRANSPORT, violation_type: VIOLATION, violation_value: '62 км/ч' },
      ...{ timestamp: '2024-01-01T00:00:00.000000Z', photo_url: `/cases/${caseId}/photo` },
    });
    const answer = await fetch(`${world.service.url}/specs/get-case`, {
      headers: { Authorization: `Token ${nth(0).token}` },
    });
    const sum = createHash('sha256')
      .update(Buffer.from(await answer.arrayBuffer()))
      .digest('hex');
    assert.equal(sum, createHash('sha256').update(PHOTO).digest('hex'));
    const photo = (caller: Caller) => caller.get(`/cases/${caseId}/photo`);
    assert.equal((await photo(nth(0))).status, 200, 'the specialist who has the case');
    assert.equal((await photo(nth(1))).status, 403, 'another specialist');
    assert.equal((await photo(world.manager)).status, 200);
    const header = (name: string) => decodeURIComponent(answer.headers.get(name) ?? '');
    assert.deepEqual(
      ['Content-Type', 'X-Case-Id', 'X-Transport', 'X-Violation-Type', 'X-Violation-Value'].map(header),
      ['image/png', caseId, TRANSPORT, VIOLATION, '62 км/ч'],
    );
    assert.equal(header('X-Case-Timestamp'), '2024-01-01T00:00:00.000000Z');
    assert.equal(header('X-Expires-At'), expires_at);
  });

  it('decide a case: three that say the same', async () => {
    for (const place of [0, 1, 2]) {
      const { case_id } = (await asJson(nth(place))).body;
      const answer = await vote(nth(place), place === 1 ? 'convinct' : 'convict');
      assert.deepEqual([answer.status, answer.body], [200, { status: 'OK', case_id }]);
    }
    assert.equal((await asJson(nth(3))).status, 404);
    const { body } = await nth(1).get<Record<string, unknown>>('/specs/me');
    assert.deepEqual(body, {
      ...{ username: 'bart', skill: 1, wallet: 1, votes: 1, right: 1, wrong: 0, streak: 1, agreement: 1 },
    });
    const { data } = (await world.manager.get<{ data: Record<string, unknown> }>('/votes/stats')).body;
    assert.deepEqual(data['votes'], { justify: 0, convict: 3 });
    assert.equal(data['agreement'], 1);
    const decided = (await world.manager.get<{ data: { votes: { list: { at: string }[] } }[] }>('/cases')).body.data[0];
    assert.equal(decided?.votes.list.length, 3);
    for (const { at } of decided?.votes.list ?? []) assert.match(at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('that are refused: another word, another form', async () => {
    for (const wrong of [{ vote: 'guilty' }, {}, { vote: 'convict', case_id: 'x' }, { vote: null }, []]) {
      assert.equal((await nth(0).send('POST', '/specs/vote', wrong)).status, 400, JSON.stringify(wrong));
    }
  });

  it('are asked of no more specialists than are missing, all at the same time', async () => {
    const caseId = await world.addCase();
    const answers = await Promise.all(specialists.map(asJson));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 404]);
    for (const [place, { status, body }] of answers.entries()) {
      if (status !== 200) continue;
      assert.equal(body.case_id, caseId);
      await vote(nth(place), 'justify');
    }
  });

  it('give the next case with the answer, where that is wanted', async () => {
    type WithNext = { status: string; case_id: string; next?: HeldCase | null };
    const voteAndTake = (caller: Caller) => caller.send<WithNext>('POST', '/specs/vote?next=true', { vote: 'justify' });
    await world.addCase();
    await world.addCase();
    const first = (await asJson(nth(0))).body;
    const { status, body } = await voteAndTake(nth(0));
    assert.equal(status, 200);
    assert.equal(body.case_id, first.case_id);
    assert.notEqual(body.next?.case_id, first.case_id);
    assert.deepEqual((await asJson(nth(0))).body, body.next, 'the case that this specialist has now');
    const last = await voteAndTake(nth(0));
    assert.deepEqual(last.body, { status: 'OK', case_id: body.next?.case_id, next: null });
    assert.equal((await voteAndTake(nth(0))).status, 409);
    assert.equal((await nth(0).send('POST', '/specs/vote?next=1', { vote: 'justify' })).status, 400);
    for (const place of [1, 2]) {
      await asJson(nth(place));
      assert.equal((await voteAndTake(nth(place))).status, 200);
      await vote(nth(place), 'justify');
    }
  });

  it('are told of each specialist, to managers', async () => {
    type Page = { data: { username: string }[]; next_cursor: string | null };
    const first = (await world.manager.get<Page>('/managers/specialists?limit=3')).body;
    const second = (await world.manager.get<Page>(`/managers/specialists?limit=3&cursor=${first.next_cursor}`)).body;
    const names = [...first.data, ...second.data].map(({ username }) => username);
    assert.deepEqual(names.slice(0, 4), ['lisa', 'bart', 'maggie', 'marge']);
    assert.equal(second.next_cursor, null);
    assert.equal((await world.manager.get('/managers/specialists?limit=0')).status, 400);
  });

  it('are in /metrics', async () => {
    const metrics = await readMetrics(world.service.url);
    assert.deepEqual(
      ['initiated', 'extended', 'justified', 'convicted'].map((status) => metrics.value('svodka_cases', { status })),
      [0, 0, 3, 1],
    );
    assert.deepEqual(
      ['svodka_case_holds', 'svodka_votes'].map((name) => metrics.value(name)),
      [0, 12],
    );
  });

  it('are what wallets and records follow from', async () => {
    const { body } = await world.manager.send<{ data: { votes: number } }>('POST', '/votes/check');
    assert.deepEqual(body.data, { specialists: 5, votes: 12, differing: 0, differences: [] });
  });

  it('may name the case that is meant: another one than that held is refused', async () => {
    const caseId = await world.addCase();
    assert.equal((await asJson(nth(0))).body.case_id, caseId);
    const voteOn = (meant: string) =>
      nth(0).send<{ code: string; case_id: string }>('POST', '/specs/vote', { vote: 'convict', case_id: meant });
    const other = await voteOn('00000000-0000-4000-8000-000000000000');
    assert.deepEqual([other.status, other.body.code], [409, 'NO_CASE_HELD']);
    assert.deepEqual((await voteOn(caseId.toUpperCase())).body, { status: 'OK', case_id: caseId });
    for (const place of [1, 2]) {
      await asJson(nth(place));
      await vote(nth(place), 'convict');
    }
  });

  it('that cases wait for are told by level, with the specialists of that skill', async () => {
    type Waiting = { data: { open: number; levels: { level: number; cases: number; specialists: number }[] } };
    const waiting = async (caller: Caller) => (await caller.get<Waiting>('/votes/waiting')).body.data;
    const before = await waiting(world.manager);
    for (const skill of [7, 7, 100]) await world.addCase(skill);
    const { open, levels } = await waiting(nth(0));
    assert.equal(open, before.open + 3);
    assert.deepEqual(
      levels.filter(({ level }) => level > 6),
      [
        { level: 7, cases: 2, specialists: 0 },
        { level: 100, cases: 1, specialists: 0 },
      ],
    );
    const caseId = await world.addCase();
    const atOne = async () => (await waiting(nth(0))).levels.find(({ level }) => level === 1);
    const free = (await atOne())?.cases ?? 0;
    assert.ok(free >= 1);
    assert.equal((await atOne())?.specialists, 4);
    for (const place of [0, 1, 2]) assert.equal((await asJson(nth(place))).body.case_id, caseId);
    assert.equal((await atOne())?.cases ?? 0, free - 1, 'a case whose places are all taken waits for nobody else');
    for (const place of [0, 1, 2]) await vote(nth(place), 'convict');
  });
});
