import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { request, sendJson } from '../../support/http/http.js';
import { usePages } from '../../support/page_suite.js';

type Towns = { data: { town: string; p50: number; p75: number; p99: number }[] };

describe('the page of an import', () => {
  const { service, open, sample } = usePages();

  it('shows its towns as a chart and as a table with what the API answers', async () => {
    const importId = await sample();
    const { page, checkQuiet, context } = await open(`#/imports/${importId}`);
    const card = page.getByRole('region', { name: 'Возраст по городам' }).first();
    await card.getByRole('img', { name: /Перцентили возраста, городов: 8/ }).waitFor();
    const rows = await card.locator('tbody tr').allInnerTexts();
    const { body } = await request<Towns>(`${service.url}/imports/${importId}/towns/stat/percentile/age`);
    const numbers = new Intl.NumberFormat('ru', { maximumFractionDigits: 2 });
    const told = body.data.map(({ town, p50, p75, p99 }) => [
      town,
      ...[p50, p75, p99].map((age) => numbers.format(age)),
    ]);
    const collator = new Intl.Collator('ru');
    assert.deepEqual(
      rows.map((row) => row.split('\t')),
      told.sort(([a = ''], [b = '']) => collator.compare(a, b)),
    );
    checkQuiet();
    await context.close();
  });

  it('sorts the towns and looks for one; the link restores both', async () => {
    const importId = await sample();
    const { page, checkQuiet, context } = await open(`#/imports/${importId}`);
    const card = page.getByRole('region', { name: 'Возраст по городам' }).first();
    await card.getByRole('button', { name: 'p99' }).click();
    await card.locator('[aria-sort=descending]', { hasText: 'p99' }).waitFor();
    const ages = (await card.locator('tbody td:nth-child(4)').allInnerTexts()).map((text) =>
      Number(text.replace(',', '.')),
    );
    assert.deepEqual(
      ages,
      [...ages].sort((a, b) => b - a),
    );
    await card.getByLabel('Город', { exact: true }).fill('к');
    await card.getByText('Городов: 7').waitFor();
    await page.reload();
    await card.getByText('Городов: 7').waitFor();
    await card.locator('[aria-sort=descending]', { hasText: 'p99' }).waitFor();
    assert.equal(await card.getByLabel('Город', { exact: true }).inputValue(), 'к');
    checkQuiet();
    await context.close();
  });

  it('shows presents by month, twelve of them, whose sum is that of the API', async () => {
    const importId = await sample();
    const { page, checkQuiet, context } = await open(`#/imports/${importId}`);
    const card = page.getByRole('region', { name: 'Подарки по месяцам' }).first();
    await card.getByRole('img', { name: /Подарки по месяцам: \d+ за год/ }).waitFor();
    await card.getByText('Показать таблицей').click();
    const shown = await card.locator('tbody td:nth-child(2)').allInnerTexts();
    const { body } = await request<{ data: Record<string, { presents: number }[]> }>(
      `${service.url}/imports/${importId}/citizens/birthdays`,
    );
    const sums = Object.values(body.data).map((givers) => givers.reduce((sum, { presents }) => sum + presents, 0));
    assert.deepEqual(shown.map(Number), sums);
    checkQuiet();
    await context.close();
  });

  it('shows ages as a histogram of bars as wide as asked', async () => {
    const importId = await sample();
    const { page, checkQuiet, context } = await open(`#/imports/${importId}`);
    const card = page.getByRole('region', { name: 'Возраст', exact: true }).first();
    await card.getByRole('img').waitFor();
    await card.getByText('Показать таблицей').click();
    const sum = async () =>
      (await card.locator('tbody td').allInnerTexts()).map(Number).reduce((total, count) => total + count, 0);
    assert.equal(await sum(), 200);
    await card.getByLabel('Лет в столбце').selectOption('10');
    await card.getByRole('rowheader', { name: '30–39' }).waitFor();
    assert.equal(await sum(), 200);
    checkQuiet();
    await context.close();
  });

  it('gives each chart away as CSV and as a picture', async () => {
    const importId = await sample();
    const { page, checkQuiet, context } = await open(`#/imports/${importId}`);
    for (const [title, name] of [
      ['Возраст по городам', 'towns'],
      ['Подарки по месяцам', 'presents'],
    ]) {
      const save = async (button: string) => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name: `Сохранить «${title}» ${button}` }).click(),
        ]);
        return { fileName: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
      };
      const csv = await save('в CSV');
      assert.equal(csv.fileName, `import-${importId}-${name}.csv`);
      assert.match(
        csv.bytes.toString(),
        name === 'towns'
          ? /^\uFEFFtown;p50;p75;p99\r\n([^;.]+(;\d+(,\d+)?){3}\r\n)+$/
          : /^\uFEFFmonth;presents;givers\r\n1;/,
      );
      const png = await save('картинкой');
      assert.equal(png.fileName, `import-${importId}-${name}.png`);
      assert.equal(png.bytes.subarray(1, 4).toString(), 'PNG');
      assert.ok(png.bytes.length > 5_000, 'something is drawn in it');
    }
    checkQuiet();
    await context.close();
  });

  it('follows the data: a change by somebody else is seen without a reload', async () => {
    const importId = await sample();
    const { page, checkQuiet, context } = await open(`#/imports/${importId}`);
    const towns = page.getByRole('region', { name: 'Возраст по городам' }).first();
    await towns.getByText('Городов: 8').waitFor();
    await page.getByText('обновляется').waitFor();
    await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/1`, { town: 'Аахен' });
    await towns.getByRole('rowheader', { name: 'Аахен' }).waitFor();
    await page.getByRole('status').getByText('Данные изменились').waitFor({ state: 'attached' });
    checkQuiet();
    await context.close();
  });

  it('says so when there is no such import, and what nobody has is an address without a view', async () => {
    const { page, context } = await open('#/imports/999999');
    await page
      .getByRole('alert')
      .getByText(/Такой выгрузки нет/)
      .waitFor();
    await page.goto(`${service.url}/#/nowhere`);
    await page.getByRole('heading', { name: 'По этому адресу ничего нет.' }).waitFor();
    await context.close();
  });

  it('lets go of the connection while nobody looks, and takes it up again', async () => {
    const importId = await sample(5, 0);
    const { page, checkQuiet, context } = await open(`#/imports/${importId}`);
    await page.getByText('обновляется').waitFor();
    const look = (isHidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
         document.dispatchEvent(new Event('visibilitychange'));`,
      );
    await look(true);
    await page.getByText('нет связи').waitFor();
    await look(false);
    await page.getByText('обновляется').waitFor();
    checkQuiet();
    await context.close();
  });

  it('deletes it, but not before it has asked', async () => {
    const importId = await sample(5, 0);
    const { page, checkQuiet, context } = await open(`#/imports/${importId}`);
    await page.getByRole('button', { name: 'Удалить' }).click();
    const dialog = page.getByRole('dialog', { name: `Удалить выгрузку ${importId} навсегда?` });
    await dialog.getByRole('button', { name: 'Отмена' }).click();
    assert.equal((await request(`${service.url}/imports/${importId}`)).status, 200);
    await page.getByRole('button', { name: 'Удалить' }).click();
    await dialog.getByRole('button', { name: 'Да, удалить' }).click();
    await page.getByRole('heading', { name: 'Выгрузки', level: 1 }).waitFor();
    assert.equal((await request(`${service.url}/imports/${importId}`)).status, 404);
    checkQuiet();
    await context.close();
  });

  it('says that it is gone when somebody else deletes it', async () => {
    const importId = await sample(5, 0);
    const { page, context } = await open(`#/imports/${importId}`);
    await page.getByText('обновляется').waitFor();
    await request(`${service.url}/imports/${importId}`, { method: 'DELETE' });
    await page.getByRole('alert').getByText('Этой выгрузки больше нет.').waitFor();
    await context.close();
  });
});
