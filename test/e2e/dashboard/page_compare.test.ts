import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { citizen } from '../../support/census/citizens.js';
import { postImport } from '../../support/http/http.js';
import { usePages } from '../../support/page_suite.js';

describe('the page of two imports', () => {
  const { service, open, sample } = usePages();

  it('shows the towns whose median moved most first', async () => {
    const [before, after] = [await sample(200, 0, 1), await sample(200, 0, 2)];
    const { page, checkQuiet, context } = await open('#/compare');
    await page.getByLabel('Первая выгрузка').fill(String(before));
    await page.getByLabel('Вторая выгрузка').fill(String(after));
    await page.getByRole('button', { name: 'Сравнить' }).click();
    const card = page.getByRole('region', { name: 'Медианный возраст по городам' }).first();
    await card.getByRole('img').waitFor();
    const shifts = (await card.locator('tbody td:nth-child(4)').allInnerTexts()).map((text) =>
      Math.abs(Number(text.replace(',', '.').replace('−', '-'))),
    );
    assert.equal(shifts.length, 8);
    assert.deepEqual(
      shifts,
      [...shifts].sort((a, b) => b - a),
    );
    assert.ok((shifts[0] as number) > 0);
    await page.reload();
    await card.getByRole('img').waitFor();
    await page.getByRole('button', { name: 'Поменять местами' }).click();
    await page.waitForURL(new RegExp(`before=${after}&after=${before}`));
    checkQuiet();
    await context.close();
  });

  it('shows the towns by how many live there too; the link restores that', async () => {
    const town = (name: string) => ({ town: name });
    const before = await postImport(
      service.url,
      [1, 2, 3].map((id) => citizen(id, town('Псков'))),
    );
    const after = await postImport(service.url, [citizen(1, town('Псков')), citizen(2, town('Ялта'))]);
    const { page, checkQuiet, context } = await open(`#/compare?before=${before}&after=${after}`);
    const medians = page.getByRole('region', { name: 'Медианный возраст по городам' }).first();
    await medians.getByRole('row', { name: /Ялта нет \d+ нет/ }).waitFor();
    await page.getByRole('button', { name: 'Число жителей' }).click();
    const card = page.getByRole('region', { name: 'Жители по городам' }).first();
    await card.getByRole('img', { name: 'Жители по городам: сдвиг, городов: 2' }).waitFor();
    await page.reload();
    await card.getByRole('img').waitFor();
    assert.deepEqual(await card.locator('tbody tr').allInnerTexts(), ['Псков\t3\t1\t-2', 'Ялта\t0\t1\t+1']);
    const downloading = page.waitForEvent('download');
    await card.getByRole('button', { name: 'CSV' }).click();
    const csv = readFileSync(await (await downloading).path(), 'utf8');
    assert.match(csv, /town;before;after;shift\r\nПсков;3;1;-2\r\nЯлта;0;1;1\r\n/);
    checkQuiet();
    await context.close();
  });

  it('tells who came, went and changed, and what changed of whom', async () => {
    const name = 'Новый Иван';
    const before = await postImport(service.url, [citizen(1, { name: 'Ушёл Пётр' }), citizen(2), citizen(3)]);
    const moved = citizen(3, { town: 'Ялта', apartment: 77 });
    const after = await postImport(service.url, [citizen(2), moved, citizen(4, { name }), citizen(5, { name })]);
    const { page, checkQuiet, context } = await open(`#/compare?before=${before}&after=${after}`);
    const card = page.getByRole('region', { name: 'Жители', exact: true });
    await card.getByRole('button', { name: '2 Появились' }).click();
    const came = card.getByRole('region', { name: 'Появились' });
    await came.getByText(name).first().waitFor();
    assert.deepEqual(await came.locator('tbody td:first-child').allInnerTexts(), ['4', '5']);
    await card.getByRole('button', { name: '1 Исчезли' }).click();
    await card.getByRole('region', { name: 'Исчезли' }).getByText('Ушёл Пётр').waitFor();
    await card.getByRole('button', { name: '1 Изменились' }).click();
    const changed = card.getByRole('region', { name: 'Изменились' });
    await changed.locator('ins', { hasText: 'Ялта' }).waitFor();
    assert.deepEqual(await changed.locator('ins').allInnerTexts(), ['Ялта', '77']);
    assert.deepEqual(await changed.locator('del').allInnerTexts(), [citizen(3).town, String(citizen(3).apartment)]);
    await page.reload();
    await changed.locator('ins', { hasText: 'Ялта' }).waitFor();
    checkQuiet();
    await context.close();
  });

  it('goes through those who came page by page, there and back', async () => {
    const before = await postImport(service.url, []);
    const after = await postImport(service.url, makeCitizens(120, 0));
    const { page, checkQuiet, context } = await open(`#/compare?before=${before}&after=${after}&kind=came`);
    const first = (id: number) => page.locator('tbody tr:first-child td:first-child', { hasText: String(id) }).first();
    await first(1).waitFor();
    for (const id of [51, 101]) {
      await page.getByRole('button', { name: 'Дальше' }).click();
      await first(id).waitFor();
    }
    assert.ok(await page.getByRole('button', { name: 'Дальше' }).isDisabled());
    await page.getByRole('button', { name: 'Назад' }).click();
    await first(51).waitFor();
    checkQuiet();
    await context.close();
  });

  it('says so when one of them is not there', async () => {
    const { page, expect, context } = await open(`#/compare?before=${await sample(5, 0)}&after=999999`);
    expect(/404/);
    await page.getByRole('alert').first().waitFor();
    await context.close();
  });
});
