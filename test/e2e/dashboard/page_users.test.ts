import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { checkAccess, checkWidth, PHONE, settle } from '../../support/page_checks.js';
import { logInOn, usePages } from '../../support/page_suite.js';
import { addUser, type Caller, callerWith, logInAs, PASSWORD, readAdminToken } from '../../support/users.js';

type User = { username: string; roles: string[]; enabled: boolean };

/** The browser's own message about an answer with these statuses. */
const REFUSED = /status of (400|401|409)/;

describe('users on the page', () => {
  const { service, open } = usePages();
  let admin: Caller;
  before(async () => {
    admin = callerWith(service.url, readAdminToken(service.dataDir));
    await addUser(service.url, admin, 'lisa', ['admin']);
    await addUser(service.url, admin, 'bart', ['user']);
  });
  const userNamed = async (name: string) => (await admin.get<User>(`/api/v1/users/${name}`)).body;

  it('are listed, found by name, given roles and disabled by an administrator', async () => {
    const { page, checkQuiet, context, expect } = await open('#/tasks');
    expect(REFUSED);
    await logInOn(page, 'lisa');
    await page.getByRole('link', { name: 'Пользователи' }).click();
    await page.getByRole('rowheader', { name: 'bart' }).waitFor();
    await page.getByLabel('Имя содержит').fill('BAR');
    await page.getByRole('rowheader', { name: 'lisa' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Изменить bart' }).click();
    const dialog = page.getByRole('dialog', { name: 'Пользователь bart' });
    await dialog.getByLabel(/^operator/).check();
    await dialog.getByLabel('Может войти').uncheck();
    await dialog.getByRole('button', { name: 'Сохранить' }).click();
    await page.getByRole('cell', { name: 'отключён' }).waitFor();
    await page.getByRole('cell', { name: 'user, operator' }).waitFor();
    await page.locator('#change-bart:focus').waitFor();
    const { roles, enabled } = await userNamed('bart');
    assert.deepEqual([roles, enabled], [['user', 'operator'], false]);
    checkQuiet();
    await context.close();
  });

  it('are added, given a token that is shown once, and removed', async () => {
    const { page, checkQuiet, context, expect } = await open('#/users', { locale: 'en-GB' });
    expect(REFUSED);
    await logInOn(page, 'lisa');
    await page.getByText('New user').click();
    const form = page.getByRole('form', { name: 'New user' });
    await form.getByLabel('Name').fill('maggie');
    await form.getByLabel('Password').fill('short');
    await form.getByRole('button', { name: 'Add' }).click();
    await form.getByRole('alert').getByText('/password').waitFor();
    await form.getByLabel('Password').fill(PASSWORD);
    await form.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('rowheader', { name: 'maggie' }).waitFor();
    await page.getByRole('button', { name: 'Change maggie' }).click();
    const dialog = page.getByRole('dialog', { name: 'User maggie' });
    await dialog.getByText('New token').click();
    await dialog.getByLabel('Name').fill('export');
    await dialog.getByLabel('Valid for, days').fill('7');
    await dialog.getByRole('button', { name: 'Make' }).click();
    const token = await dialog.getByLabel('The token').inputValue();
    assert.equal((await callerWith(service.url, token).get<User>('/api/v1/me')).body.username, 'maggie');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await dialog.getByRole('button', { name: 'Yes, remove' }).click();
    await page.getByRole('rowheader', { name: 'maggie' }).waitFor({ state: 'detached' });
    assert.equal((await admin.get('/api/v1/users/maggie')).status, 404);
    checkQuiet();
    await context.close();
  });

  it('are seen by administrators alone', async () => {
    await logInAs(service.url, 'milhouse');
    const { page, context, expect } = await open('#/users');
    expect(/status of 403/);
    await logInOn(page, 'milhouse');
    await page.getByText('У вас нет права на это').waitFor();
    await page.getByRole('link', { name: 'Задачи' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Пользователи' }).count(), 0);
    await context.close();
  });

  it('register, and are in at once', async () => {
    const { page, checkQuiet, context, expect } = await open('#/tasks', { locale: 'en-GB' });
    expect(REFUSED);
    await page.getByRole('button', { name: 'I have no account' }).click();
    const form = page.getByRole('form', { name: 'New account' });
    await form.getByLabel('Name').fill('bart');
    await form.getByLabel('Password').fill(PASSWORD);
    await form.getByRole('button', { name: 'Register' }).click();
    await form.getByRole('alert').getByText('/username').waitFor();
    await form.getByLabel('Name').fill('todd');
    await form.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor();
    assert.deepEqual((await userNamed('todd')).roles, ['user']);
    checkQuiet();
    await context.close();
  });

  it('are let in by a token, as the first administrator, who then sets a password', async () => {
    const { page, checkQuiet, context, expect } = await open('#/account', { locale: 'en-GB' });
    expect(REFUSED);
    const urls: string[] = [];
    page.on('request', (asked) => urls.push(asked.url()));
    await page.getByText('Log in with a token').click();
    const form = page.getByRole('form', { name: 'Log in with a token' });
    const token = readAdminToken(service.dataDir);
    await form.getByLabel('Token').fill('0'.repeat(40));
    await form.getByRole('button', { name: 'Log in' }).click();
    await form.getByRole('alert').waitFor();
    await form.getByLabel('Token').fill(token);
    await form.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('You are admin.').waitFor();
    await page.getByLabel('New password').fill('a first password');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('The password is changed.').waitFor();
    assert.ok(!urls.some((url) => url.includes(token)));
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await logInOn(page, 'admin', 'a first password');
    assert.equal((await admin.get('/api/v1/me')).status, 200, 'a token that was made elsewhere outlives the session');
    checkQuiet();
    await context.close();
  });

  it('change their password and end their tokens', async () => {
    const old = await logInAs(service.url, 'nelson');
    const { page, checkQuiet, context, expect } = await open('');
    expect(REFUSED);
    await page.getByRole('link', { name: 'Войти' }).click();
    await logInOn(page, 'nelson');
    await page.getByRole('link', { name: 'Учётная запись: nelson' }).click();
    await page.getByText('Роли: user').waitFor();
    const form = page.getByRole('form', { name: 'Пароль' });
    await form.getByLabel('Старый пароль').fill('not this one');
    await form.getByLabel('Новый пароль').fill('a longer secret');
    await form.getByRole('button', { name: 'Сменить пароль' }).click();
    await form.getByText('Старый пароль неверен').waitFor();
    await form.getByLabel('Старый пароль').fill(PASSWORD);
    await form.getByRole('button', { name: 'Сменить пароль' }).click();
    await form.getByText('Пароль изменён').waitFor();
    assert.equal((await old.get('/api/v1/me')).status, 401);
    const tokens = page.getByRole('form', { name: 'Новый токен' });
    await tokens.getByLabel('Название').fill('nightly');
    await tokens.getByRole('button', { name: 'Выдать' }).click();
    await page.getByRole('button', { name: 'Завершить токен nightly' }).click();
    await page.getByRole('rowheader', { name: 'nightly' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Выйти везде' }).click();
    await page.getByRole('heading', { name: 'Вход' }).waitFor();
    await logInOn(page, 'nelson', 'a longer secret');
    checkQuiet();
    await context.close();
  });

  for (const [locale, options] of [
    ['ru-RU', { colorScheme: 'dark', ...PHONE }],
    ['en-GB', { colorScheme: 'light' }],
  ] as const) {
    it(`are for everybody, in ${locale} and ${options.colorScheme}, on a desk or a phone`, async () => {
      const { page, checkQuiet, context } = await open('#/account', { locale, ...options });
      await logInOn(page, 'lisa');
      await settle(page);
      await checkAccess(page, 'the account');
      await checkWidth(page, 'the account');
      await page.goto(`${service.url}/#/users`);
      await page.getByRole('rowheader', { name: 'bart' }).waitFor();
      await page.getByRole('button', { name: /(Изменить|Change) bart/ }).click();
      await page.getByRole('dialog').waitFor();
      await checkAccess(page, 'users');
      await checkWidth(page, 'users');
      checkQuiet();
      await context.close();
    });
  }
});
