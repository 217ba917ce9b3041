import { before, describe, it } from 'node:test';
import { type RpcCaller, rpcCaller } from '../../support/http/rpc.js';
import { checkAccess, checkWidth, PHONE, settle } from '../../support/page_checks.js';
import { logInOn, usePages } from '../../support/page_suite.js';
import { addUser, callerWith, readAdminToken } from '../../support/users.js';

describe('alarms on the page', () => {
  const { service, open } = usePages();
  let rpc: RpcCaller;
  before(async () => {
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    rpc = rpcCaller(service.url, (await addUser(service.url, admin, 'burns', ['operator'])).token);
  });

  it('appear as they come, and are acknowledged with a note', async () => {
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
      const { page, checkQuiet, context } = await open('#/alarms', { locale, ...options });
      await logInOn(page, 'burns');
      await page.getByRole('rowheader', { name: locale }).waitFor();
      await settle(page);
      await checkAccess(page);
      await checkWidth(page);
      checkQuiet();
      await context.close();
    });
  }
});
