import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { makeFolder } from '../../support/folder.js';
import { checkAccess, checkWidth, PHONE, settle } from '../../support/page_checks.js';
import { logInOn, usePages } from '../../support/page_suite.js';
import { addUser, type Caller, callerWith, readAdminToken } from '../../support/users.js';

/** More than one part of an upload. */
const LARGE_BYTES = 9 * 1024 * 1024;

describe('files on the page', () => {
  const { service, open } = usePages();
  let operator: Caller;
  before(async () => {
    operator = await addUser(service.url, callerWith(service.url, readAdminToken(service.dataDir)), 'burns', [
      'operator',
    ]);
  });

  it('go up in parts, come down as they were, and are deleted', async () => {
    const local = join(makeFolder(), 'данные 7.bin');
    writeFileSync(local, Buffer.alloc(LARGE_BYTES, 'seven'));
    const { page, checkQuiet, context } = await open('#/files');
    await logInOn(page, 'burns');
    await page.getByText('Файлов здесь нет.').waitFor();
    await page.getByLabel('В папку').fill('/reports/2026/');
    await page.locator('input[type=file]').setInputFiles(local);
    await page.getByText('Файл reports/2026/данные 7.bin сохранён.').first().waitFor();
    await page.getByRole('rowheader', { name: 'reports/2026/данные 7.bin' }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Скачать reports/2026/данные 7.bin' }).click();
    const saved = await download;
    assert.equal(saved.suggestedFilename(), 'данные 7.bin');
    assert.ok(readFileSync(await saved.path()).equals(readFileSync(local)));
    await page.getByLabel('Путь начинается с').fill('other/');
    await page.getByText('Файлов здесь нет.').waitFor();
    await page.getByLabel('Путь начинается с').fill('reports/');
    await page.getByRole('button', { name: 'Удалить reports/2026/данные 7.bin' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Да, удалить' }).click();
    await page.getByText('Файлов здесь нет.').waitFor();
    assert.deepEqual((await operator.get('/files/')).body, []);
    checkQuiet();
    await context.close();
  });

  it('go on up after their connection was lost', async () => {
    const local = join(makeFolder(), 'lost.bin');
    writeFileSync(local, Buffer.alloc(LARGE_BYTES, 'lost'));
    const { page, context, expect } = await open('#/files', { locale: 'en-GB' });
    expect(/ERR_FAILED|ERR_CONNECTION/);
    await logInOn(page, 'burns');
    let puts = 0;
    await page.route('**/files/lost.bin', (route) =>
      puts++ === 1 ? route.abort('connectionreset') : route.continue(),
    );
    await page.locator('input[type=file]').setInputFiles(local);
    await page.getByText('lost.bin is stored.').first().waitFor();
    const stored = (await operator.get<{ path: string; size: number }[]>('/files/')).body;
    assert.deepEqual(
      stored.map(({ path, size }) => [path, size]),
      [['lost.bin', LARGE_BYTES]],
    );
    assert.equal(puts, 4);
    await context.close();
  });

  for (const [locale, options] of [
    ['ru-RU', { colorScheme: 'dark', ...PHONE }],
    ['en-GB', { colorScheme: 'light' }],
  ] as const) {
    it(`are for everybody, in ${locale} and ${options.colorScheme}, on a desk or a phone`, async () => {
      const { page, checkQuiet, context } = await open('#/files', { locale, ...options });
      await logInOn(page, 'burns');
      await page.getByRole('rowheader', { name: 'lost.bin' }).waitFor();
      await settle(page);
      await checkAccess(page);
      await checkWidth(page);
      checkQuiet();
      await context.close();
    });
  }
});
