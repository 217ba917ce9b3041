import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { listCitizens } from '../../support/census/citizens.js';
import { sendJson } from '../../support/http/http.js';
import { usePages } from '../../support/page_suite.js';
import { until } from '../../support/until.js';

describe('the citizens in the page', () => {
  const { service, open, sample } = usePages();

  async function read(importId: number, citizenId: number): Promise<Citizen> {
    const found = (await listCitizens(service.url, importId)).find(({ citizen_id }) => citizen_id === citizenId);
    assert.ok(found);
    return found;
  }
  const change = (importId: number, citizenId: number, changes: Partial<Citizen>) =>
    sendJson('PATCH', `${service.url}/imports/${importId}/citizens/${citizenId}`, changes);

  it('come by pages, forth and back, and a reload stays on its page', async () => {
    const importId = await sample(120, 0);
    const { page, checkQuiet, context } = await open(`#/imports/${importId}/citizens`);
    const pager = page.getByRole('navigation', { name: /Страницы: Жители/ });
    const seen = new Set<string>();
    for (const pageNumber of [1, 2, 3]) {
      await pager.getByText(`Страница ${pageNumber}`).waitFor();
      await until('the rows of the page are there', async () => {
        const ids = await page.locator('table.citizens tbody td:first-child').allInnerTexts();
        if (ids.some((id) => seen.has(id))) return false;
        for (const id of ids) seen.add(id);
        return true;
      });
      if (pageNumber < 3) await pager.getByRole('button', { name: 'Дальше' }).click();
    }
    assert.equal(seen.size, 120);
    assert.ok(await pager.getByRole('button', { name: 'Дальше' }).isDisabled());
    await page.reload();
    await pager.getByText('Страница 3').waitFor();
    await pager.getByRole('button', { name: 'Назад' }).click();
    await page.getByRole('cell', { name: '51', exact: true }).waitFor();
    await page.goBack();
    await pager.getByText('Страница 3').waitFor();
    checkQuiet();
    await context.close();
  });

  it('are changed in their place, and what is stored is what was written', async () => {
    const importId = await sample(20, 0);
    const { page, checkQuiet, context } = await open(`#/imports/${importId}/citizens`);
    await page.getByRole('button', { name: 'Изменить жителя 3' }).click();
    const form = page.getByRole('form', { name: 'Житель 3' });
    await form.getByLabel('Город').fill('<b>Керчь</b>');
    await form.getByLabel('Родственники').fill('4; 5');
    await form.getByLabel('Родственники').press('Enter');
    await page.getByRole('cell', { name: '<b>Керчь</b>' }).waitFor();
    const stored = await read(importId, 3);
    assert.deepEqual([stored.town, stored.relatives], ['<b>Керчь</b>', [4, 5]]);
    assert.equal(await page.locator('td b').count(), 0);
    await page.locator('#edit-3:focus').waitFor();
    checkQuiet();
    await context.close();
  });

  it('that break a rule are not stored: each field says what is wrong with it', async () => {
    const importId = await sample(20, 0);
    const before = await read(importId, 3);
    const { page, checkQuiet, context, expect } = await open(`#/imports/${importId}/citizens`);
    expect(/status of 400/);
    await page.getByRole('button', { name: 'Изменить жителя 3' }).click();
    const form = page.getByRole('form', { name: 'Житель 3' });
    await form.getByLabel('Дата рождения').fill('31.02.2000');
    await form.getByLabel('Квартира').fill('семь');
    await form.getByRole('button', { name: 'Сохранить' }).click();
    await form.getByText('такой даты нет').waitFor();
    await form.getByText('не тот тип').waitFor();
    const field = form.getByLabel('Дата рождения');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.equal(await field.getAttribute('aria-describedby'), 'fault-birth_date');
    assert.equal(await field.inputValue(), '31.02.2000', 'what was written stays');
    await field.press('Escape');
    await form.waitFor({ state: 'detached' });
    assert.deepEqual(await read(importId, 3), before);
    checkQuiet();
    await context.close();
  });

  it('that somebody else changed meanwhile are shown with both values, and the writer decides', async () => {
    const importId = await sample(20, 0);
    const { page, checkQuiet, context, expect } = await open(`#/imports/${importId}/citizens`);
    expect(/status of 412/);
    await page.getByRole('button', { name: 'Изменить жителя 3' }).click();
    const form = page.getByRole('form', { name: 'Житель 3' });
    await form.getByLabel('Город').fill('Моя');
    await form.getByLabel('Улица').fill('Моя улица');
    await change(importId, 3, { town: 'Чужая', street: 'Чужая улица', building: '7ч' });
    await form.getByRole('button', { name: 'Сохранить' }).click();
    const conflict = form.getByRole('alert').filter({ hasText: 'изменил кто-то другой' });
    await conflict.waitFor();
    const rows = (await conflict.locator('tbody tr').allInnerTexts()).map((row) => row.split('\t').slice(0, 3));
    assert.deepEqual(rows, [
      ['Город', 'Моя', 'Чужая'],
      ['Улица', 'Моя улица', 'Чужая улица'],
    ]);
    assert.equal((await read(importId, 3)).town, 'Чужая', 'nothing is written over before the writer says so');
    assert.equal(await form.getByLabel('Дом').inputValue(), '7ч', 'a field that was left alone follows');
    await conflict.getByRole('button', { name: 'Взять сохранённое значение: Улица' }).click();
    await form.getByRole('button', { name: 'Сохранить моё поверх' }).click();
    await form.waitFor({ state: 'detached' });
    const { town, street, building } = await read(importId, 3);
    assert.deepEqual([town, street, building], ['Моя', 'Чужая улица', '7ч']);
    checkQuiet();
    await context.close();
  });

  it('are saved without a question when the others changed something else', async () => {
    const importId = await sample(20, 0);
    const { page, checkQuiet, context, expect } = await open(`#/imports/${importId}/citizens`);
    expect(/status of 412/);
    await page.getByRole('button', { name: 'Изменить жителя 3' }).click();
    const form = page.getByRole('form', { name: 'Житель 3' });
    await form.getByLabel('Город').fill('Моя');
    await change(importId, 3, { building: '9' });
    await change(importId, 4, { town: 'Чужая' });
    await form.getByRole('button', { name: 'Сохранить' }).click();
    await form.waitFor({ state: 'detached' });
    const { town, building } = await read(importId, 3);
    assert.deepEqual([town, building], ['Моя', '9']);
    checkQuiet();
    await context.close();
  });

  it('are filtered, and the link restores the filter', async () => {
    const importId = await sample(200, 0);
    const { page, checkQuiet, context } = await open(`#/imports/${importId}/citizens`);
    const filter = page.getByRole('search', { name: 'Фильтр' });
    await filter.getByLabel('Город').fill('Казань');
    await filter.getByLabel('Пол').selectOption('female');
    await filter.getByRole('button', { name: 'Показать' }).click();
    const rows = page.locator('table.citizens tbody tr');
    const wanted = (await listCitizens(service.url, importId)).filter(
      ({ town, gender }) => town === 'Казань' && gender === 'female',
    );
    const isShown = async () => (await rows.count()) === wanted.length;
    await until('those of the town are shown', isShown);
    for (const row of await rows.allInnerTexts()) assert.match(row, /Казань.*женский/s);
    await page.reload();
    await until('those of the town are shown again', isShown);
    assert.equal(await filter.getByLabel('Город').inputValue(), 'Казань');
    await filter.getByRole('button', { name: 'Сбросить' }).click();
    await until('all are shown', async () => (await rows.count()) === 50);
    checkQuiet();
    await context.close();
  });

  it('may move while a filter is being written: what was written stays', async () => {
    const importId = await sample(20, 0);
    const { page, checkQuiet, context } = await open(`#/imports/${importId}/citizens`);
    const filter = page.getByRole('search', { name: 'Фильтр' });
    await page.getByText('обновляется').waitFor();
    await filter.getByLabel('Город').fill('Каз');
    await filter.getByLabel('Пол').selectOption('female');
    await change(importId, 3, { town: 'Чужая' });
    await page.getByRole('cell', { name: 'Чужая' }).waitFor();
    assert.equal(await filter.getByLabel('Город').inputValue(), 'Каз');
    assert.equal(await filter.getByLabel('Пол').inputValue(), 'female');
    checkQuiet();
    await context.close();
  });
});
