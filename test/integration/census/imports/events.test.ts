import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { citizen } from '../../../support/census/citizens.js';
import { type EventSource, openEvents } from '../../../support/http/events.js';
import { postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';
import { until } from '../../../support/until.js';

describe('GET /imports/{import_id}/events', () => {
  const service = useService();

  async function watched(headers: Record<string, string> = {}): Promise<{ url: string; events: EventSource }> {
    const url = `${service.url}/imports/${await postImport(service.url, [citizen(1), citizen(2)])}`;
    return { url, events: await openEvents(`${url}/events`, headers) };
  }

  async function change(url: string, apartment: number): Promise<string> {
    const { headers, status } = await sendJson('PATCH', `${url}/citizens/1`, { apartment });
    assert.equal(status, 200);
    return headers.get('X-Data-Version') as string;
  }

  it('tells where the import stands, then each change with its version, which is the id of the event', async () => {
    const { url, events } = await watched();
    const progress = await events.next('progress');
    assert.deepEqual(progress.data, (await request<{ data: object }>(url)).body.data);
    assert.equal(progress.id, '1');
    const version = await change(url, 5);
    const changed = await events.next('changed');
    assert.equal(changed.id, version);
    assert.deepEqual(changed.data, { import_id: progress.data['import_id'], version: Number(version) });
    events.close();
  });

  it('tells many changes in a row few times, and the last one always', async () => {
    const { url, events } = await watched();
    await events.next('progress');
    let last = '';
    const startedAt = performance.now();
    for (let round = 0; round < 60; round++) last = await change(url, round);
    const tenths = Math.ceil((performance.now() - startedAt) / 100);
    await until('the last change is told', () => events.events.at(-1)?.id === last);
    const told = events.events.filter(({ event }) => event === 'changed');
    assert.ok(told.length <= tenths + 2, `${told.length} events in ${tenths} tenths of a second`);
    const versions = told.map(({ id }) => Number(id));
    assert.deepEqual(
      versions,
      versions.toSorted((a, b) => a - b),
    );
    events.close();
  });

  it('says nothing of changes of other imports, or of those that were refused', async () => {
    const { url, events } = await watched();
    const other = await watched();
    await events.next('progress');
    await sendJson('PATCH', `${url}/citizens/99`, { apartment: 1 });
    await change(other.url, 5);
    await other.events.next('changed');
    const version = await change(url, 6);
    await events.next('changed');
    assert.deepEqual(
      events.events.map(({ event, id }) => [event, id]),
      [
        ['progress', '1'],
        ['changed', version],
      ],
    );
    for (const one of [events, other.events]) one.close();
  });

  it('tells who comes back with an older id at once, and who has the last one nothing more', async () => {
    const { url, events } = await watched();
    const version = await change(url, 5);
    const late = await openEvents(`${url}/events`, { 'Last-Event-ID': '1' });
    assert.equal((await late.next('changed')).id, version);
    const current = await openEvents(`${url}/events`, { 'Last-Event-ID': version });
    const odd = await openEvents(`${url}/events`, { 'Last-Event-ID': 'x' });
    await change(url, 6);
    for (const one of [current, odd]) {
      await one.next('changed');
      assert.deepEqual(
        one.events.map(({ event }) => event),
        ['progress', 'changed'],
      );
    }
    for (const one of [events, late, current, odd]) one.close();
  });

  it('tells the end of a deleted import to all who watch it, and ends', async () => {
    const { url, events } = await watched();
    const all = [events, await openEvents(`${url}/events`), await openEvents(`${url}/events`)];
    await request(url, { method: 'DELETE' });
    for (const one of all) await one.next('gone');
    await until('the streams are over', () => all.every((one) => one.isOver()));
    assert.equal((await request(`${url}/events`)).status, 404);
  });
});
