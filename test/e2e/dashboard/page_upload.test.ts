import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { makeFolder } from '../../support/folder.js';
import { request } from '../../support/http/http.js';
import { usePages } from '../../support/page_suite.js';
import { until } from '../../support/until.js';

const folder = makeFolder();
const citizens = makeCitizens(50, 10);
const HEADER = 'citizen_id,town,street,building,apartment,name,birth_date,gender,relatives';

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const ndjson = citizens.map((one) => JSON.stringify(one)).join('\n');
const csv = [
  HEADER,
  ...citizens.map(({ relatives, ...rest }) => [...Object.values(rest), relatives.join(';')].join(',')),
];
const FILES = [
  ['JSON', file('good.json', JSON.stringify({ citizens }))],
  ['NDJSON', file('good.ndjson', ndjson)],
  ['CSV', file('good.csv', csv.join('\n'))],
  ['compressed JSON', file('good.json.gz', gzipSync(JSON.stringify({ citizens })))],
] as const;
const BAD = file(
  'bad.ndjson',
  [citizen(1, { town: '' }), citizen(2), { ...citizen(3), gender: '<b>x</b>' }]
    .map((one) => JSON.stringify(one))
    .join('\n'),
);

describe('a file that is given to the page', () => {
  const { service, open } = usePages();
  const chooser = 'input[type=file]';

  for (const [kind, path] of FILES) {
    it(`is stored, as ${kind}, and led to`, async () => {
      const { page, checkQuiet, context } = await open();
      await page.locator(chooser).setInputFiles(path);
      await page.getByRole('link', { name: /Открыть выгрузку/ }).click();
      await page.waitForURL(/#\/imports\/\d+$/);
      await page.locator('.facts').getByText('50 жителей').waitFor();
      const importId = Number(/\d+$/.exec(page.url())?.[0]);
      assert.equal((await listCitizens(service.url, importId)).length, 50);
      checkQuiet();
      await context.close();
    });
  }

  it('may be dropped', async () => {
    const { page, checkQuiet, context } = await open();
    const transfer = await page.evaluateHandle(
      `(() => { const t = new DataTransfer(); t.items.add(new File([${JSON.stringify(ndjson)}], 'dropped.ndjson')); return t; })()`,
    );
    await page.locator('.drop').dispatchEvent('dragover', { dataTransfer: transfer });
    await page.locator('.drop-over').waitFor();
    await page.locator('.drop').dispatchEvent('drop', { dataTransfer: transfer });
    await page
      .getByText(/dropped\.ndjson сохранён как выгрузка/)
      .first()
      .waitFor();
    checkQuiet();
    await context.close();
  });

  it('is only checked when that is asked for', async () => {
    const { page, checkQuiet, context } = await open();
    const last = await request<{ data: { import_id: number } }>(`${service.url}/imports`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"citizens":[]}',
    });
    await page.getByLabel('Только проверить, ничего не сохранять').check();
    await page.locator(chooser).setInputFiles(FILES[0][1]);
    await page
      .getByText(/good\.json в порядке, жителей: 50/)
      .first()
      .waitFor();
    const next = await request(`${service.url}/imports/${last.body.data.import_id + 1}`);
    assert.equal(next.status, 404);
    checkQuiet();
    await context.close();
  });

  it('that is wrong is answered with a table of what is wrong and where, and its texts are no HTML', async () => {
    const { page, checkQuiet, context, expect } = await open();
    expect(/status of 400/);
    await page.locator(chooser).setInputFiles(BAD);
    const table = page.getByRole('region', { name: 'Что не так и где' }).getByRole('table');
    await table.waitFor();
    assert.deepEqual(
      (await table.locator('tbody tr').allInnerTexts()).map((row) => row.split('\t')),
      [
        ['1', '/citizens/0/town', 'слишком коротко'],
        ['3', '/citizens/2/gender', 'недопустимое значение'],
      ],
    );
    await page.getByLabel('Вид ошибки').selectOption('NOT_ALLOWED');
    await until('one kind is left', async () => (await table.locator('tbody tr').count()) === 1);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Все в CSV' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'bad.ndjson-faults.csv');
    checkQuiet();
    await context.close();
  });

  it('that cannot be read is told of with the byte, or with what is missing', async () => {
    for (const [bad, text] of [
      [file('line.ndjson', '{"citizen_id": x}'), 'строка — не JSON (must be JSON: the fault is at byte 15)'],
      [file('headless.csv', csv[1] as string), 'первая строка должна называть столбцы'],
    ] as const) {
      const { page, context } = await open();
      await page.locator(chooser).setInputFiles(bad);
      await page.getByRole('cell', { name: text }).waitFor();
      await context.close();
    }
  });

  it('whose faults are many is told of by pages', async () => {
    const { page, context } = await open();
    const many = Array.from({ length: 1_000 }, (_, place) => JSON.stringify(citizen(place + 1, { town: '' }))).join(
      '\n',
    );
    await page.locator(chooser).setInputFiles(file('many.ndjson', many));
    await page.getByText('Ошибок в файле many.ndjson: 1 000').first().waitFor();
    const pager = page.getByRole('navigation', { name: /Что не так/ });
    await pager.getByText('1 из 50').waitFor();
    await pager.getByRole('button', { name: 'Дальше' }).click();
    await page.getByRole('cell', { name: '/citizens/20/town' }).waitFor();
    await context.close();
  });

  it('whose name tells no format is not guessed at; the format can be chosen', async () => {
    const { page, checkQuiet, context } = await open();
    const path = file('data.txt', ndjson);
    await page.locator(chooser).setInputFiles(path);
    await page
      .getByRole('alert')
      .getByText(/data\.txt формат не понять/)
      .waitFor();
    await page.getByLabel('Формат').selectOption('ndjson');
    await page.locator(chooser).setInputFiles(path);
    await page
      .getByText(/data\.txt сохранён/)
      .first()
      .waitFor();
    checkQuiet();
    await context.close();
  });

  it('shows how far it is, and can be given up', async () => {
    const { page, context } = await open();
    // A slow connection, so that progress can be seen.
    const session = await context.newCDPSession(page);
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 200_000,
    });
    const lines = makeCitizens(20_000, 0).map((one) => JSON.stringify(one));
    await page.locator(chooser).setInputFiles(file('slow.ndjson', lines.join('\n')));
    const bar = page.getByRole('progressbar', { name: 'Ход загрузки' });
    await until('some of it is sent', async () => Number((await bar.getAttribute('value')) ?? 0) > 0);
    await page.getByText(/Отправляется slow\.ndjson: .+ из /).waitFor();
    await page.getByRole('button', { name: 'Отменить' }).click();
    await page.getByText('Отменено. Ничего не сохранено.').waitFor();
    await context.close();
  });

  it('is in the list of imports, the newest first', async () => {
    const { page, checkQuiet, context } = await open();
    await page.locator(chooser).setInputFiles(FILES[1][1]);
    const link = page.getByRole('link', { name: /Открыть выгрузку/ });
    await link.waitFor();
    const importId = /\d+/.exec((await link.textContent()) ?? '')?.[0];
    const first = page.locator('table tbody tr').first();
    await first.getByRole('link', { name: `Выгрузка ${importId}`, exact: true }).waitFor();
    assert.match((await first.textContent()) ?? '', /50.+сохранена/);
    checkQuiet();
    await context.close();
  });
});
