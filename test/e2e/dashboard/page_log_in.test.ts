import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { openEvents } from '../../support/http/events.js';
import { usePages } from '../../support/page_suite.js';
import { addUser, type Caller, callerWith, PASSWORD, readAdminToken } from '../../support/users.js';

/** The browser's own message about an answer with these statuses. */
const REFUSED = /status of (400|401|403)/;

describe('the page with SVODKA_AUTH=all', () => {
  const { service, open } = usePages({ env: { SVODKA_AUTH: 'all' } });
  let admin: Caller;
  let importId: number;
  before(async () => {
    admin = callerWith(service.url, readAdminToken(service.dataDir));
    await addUser(service.url, admin, 'lisa', ['supplier']);
    const posted = await admin.send<{ data: { import_id: number } }>('POST', '/imports', {
      citizens: makeCitizens(50, 10),
    });
    importId = posted.body.data.import_id;
  });

  async function logIn(page: Awaited<ReturnType<typeof open>>['page'], password: string): Promise<void> {
    await page.getByLabel('Имя').fill('lisa');
    await page.getByLabel('Пароль').fill(password);
    await page.getByRole('button', { name: 'Войти' }).click();
  }

  it('asks who is there, shows what was wanted, and follows changes; the token is in no URL', async () => {
    const { page, checkQuiet, context, expect } = await open(`#/imports/${importId}`);
    expect(REFUSED);
    const urls: string[] = [];
    page.on('request', (asked) => urls.push(asked.url()));
    await page.getByRole('heading', { name: 'Вход' }).waitFor();
    await logIn(page, 'wrong password');
    await page.getByText('Имя или пароль неверны').waitFor();
    await logIn(page, PASSWORD);
    await page.getByRole('region', { name: 'Возраст по городам' }).first().waitFor();
    await page.getByText('lisa', { exact: true }).waitFor();

    // A change by another client arrives through the event stream, and the page reloads its data.
    await page.locator('.live-on').waitFor();
    const loadedAgain = page.waitForResponse((answer) => answer.url().endsWith('/ages') && answer.ok());
    await admin.send('PATCH', `/imports/${importId}/citizens/1`, { birth_date: '01.01.1901', relatives: [] });
    await loadedAgain;

    const token = await page.evaluate<string>(`JSON.parse(sessionStorage.getItem('svodka.session') ?? '{}').token`);
    assert.match(token, /^[0-9a-f]{40}$/);
    assert.ok(!urls.some((url) => url.includes(token)));
    assert.equal(await page.evaluate(`localStorage.getItem('svodka.session')`), null);
    await page.reload();
    await page.getByRole('region', { name: 'Возраст по городам' }).first().waitFor();
    checkQuiet();
    await context.close();
  });

  it('logs out, and asks again when the token has ended elsewhere; in English too', async () => {
    const { page, checkQuiet, context, expect } = await open('', { locale: 'en-GB' });
    expect(REFUSED);
    const logInHere = async () => {
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      await page.getByLabel('Name').fill('lisa');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByLabel('Password').press('Enter');
      await page.getByRole('heading', { name: 'Imports', exact: true }).waitFor();
    };
    await logInHere();
    const token = await page.evaluate<string>(`JSON.parse(sessionStorage.getItem('svodka.session') ?? '{}').token`);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    assert.equal(await page.evaluate('sessionStorage.length'), 0);
    assert.equal((await callerWith(service.url, token).get('/api/v1/me')).status, 401);
    await logInHere();
    // The list must have loaded before the token ends: a list that is refused shows the form without the click.
    const link = page.getByRole('link', { name: `Import ${importId}` }).first();
    await link.waitFor();
    for (const enabled of [false, true]) await admin.send('PATCH', '/api/v1/users/lisa', { enabled });
    await link.click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    checkQuiet();
    await context.close();
  });
});

describe('live changes on the page', () => {
  const { service, open, sample } = usePages({ env: { SVODKA_MAX_WATCHERS: '1' } });

  it('begin also when the first connection for events was refused', async () => {
    const importId = await sample(50, 10);
    const stream = await openEvents(`${service.url}/imports/${importId}/events`);
    const { page, checkQuiet, context, expect } = await open();
    expect(/status of 503/);
    const refused = page.waitForResponse((answer) => answer.url().endsWith('/events') && answer.status() === 503);
    await page.goto(`${service.url}/#/imports/${importId}`);
    await refused;
    const connected = page.waitForResponse((answer) => answer.url().endsWith('/events') && answer.ok());
    stream.close();
    await connected;
    checkQuiet();
    await context.close();
  });
});
