import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { makeFolder } from '../../support/folder.js';
import { type RpcCaller, rpcCaller } from '../../support/http/rpc.js';
import { checkAccess, checkWidth, PHONE, settle } from '../../support/page_checks.js';
import { logInOn, usePages } from '../../support/page_suite.js';
import { addUser, type Caller, callerWith, readAdminToken } from '../../support/users.js';

/** More than one part of an upload. */
const LARGE_BYTES = 9 * 1024 * 1024;

describe('files and alarms on the page', () => {
  const { service, open } = usePages();
  let operator: Caller;
  let rpc: RpcCaller;
  before(async () => {
    operator = await addUser(service.url, callerWith(service.url, readAdminToken(service.dataDir)), 'burns', [
      'operator',
    ]);
    rpc = rpcCaller(service.url, operator.token);
  });

  it('files go up in parts, come down as they were, and are deleted', async () => {
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

  it('an upload goes on after its connection was lost', async () => {
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

  it('alarms appear as they come, and are acknowledged with a note', async () => {
    await rpc.call('alarm.signal', { source: 'pump 3', kind: 'pressure', value: 7.5, text: 'too <high>' });
    const { page, checkQuiet, context } = await open('#/alarms', { locale: 'en-GB' });
    await logInOn(page, 'burns');
    await page.getByRole('cell', { name: 'too <high>' }).waitFor();
    await page.locator('.live-on').waitFor();
    await rpc.call('alarm.signal', { source: 'fan 1', kind: 'silent' });
    await page.getByRole('rowheader', { name: 'fan 1' }).waitFor();
    await page.getByRole('status').getByText('Alarm: fan 1, silent').waitFor({ state: 'attached' });
    await rpc.call('alarm.signal', { source: 'pump 3', kind: 'pressure', value: 9 });
    await page.getByRole('row', { name: /pump 3.* 2 9 / }).waitFor();
    await page.getByRole('button', { name: 'Acknowledge pump 3: pressure' }).click();
    await page.getByLabel('Note').fill('valve opened');
    await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByRole('row', { name: /pump 3.*burns.*valve opened/ }).waitFor();
    await page.getByLabel('Show').selectOption('closed');
    await page.getByText('There are no alarms.').waitFor();
    checkQuiet();
    await context.close();
  });

  for (const [locale, options] of [
    ['ru-RU', { colorScheme: 'dark', ...PHONE }],
    ['en-GB', { colorScheme: 'light' }],
  ] as const) {
    it(`are for everybody, in ${locale} and ${options.colorScheme}, on a desk or a phone`, async () => {
      await rpc.call('alarm.signal', { source: `a rather long source of ${locale}`, kind: 'pressure', text: 'high' });
      const { page, checkQuiet, context } = await open('#/files', { locale, ...options });
      await logInOn(page, 'burns');
      for (const hash of ['#/files', '#/alarms']) {
        await page.goto(`${service.url}/${hash}`);
        await settle(page);
        await checkAccess(page, hash);
        await checkWidth(page, hash);
      }
      checkQuiet();
      await context.close();
    });
  }
});
