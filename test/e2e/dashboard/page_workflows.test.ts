import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { makeFolder } from '../../support/folder.js';
import { type RpcCaller, rpcCaller } from '../../support/http/rpc.js';
import { checkAccess, checkWidth, PHONE, settle } from '../../support/page_checks.js';
import { logInOn, usePages } from '../../support/page_suite.js';
import { addUser, callerWith, readAdminToken } from '../../support/users.js';

/** Executables: one that ends when a file appears, one that fails, one that ends at once, and one that takes a second to stop. */
function makeBin(): string {
  const folder = makeFolder();
  const texts = {
    gate: 'echo begun\nwhile [ ! -e "$1" ]; do sleep 0.05; done\necho "<b>over</b>"\n',
    bad: 'echo the oven is cold\nexit 3\n',
    quick: '',
    slow: 'trap "sleep 1; exit 0" INT\nwhile true; do sleep 0.05; done\n',
  };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

describe('workflows on the page', () => {
  const { service, open } = usePages({ env: { SVODKA_EXECUTORS: '1', SVODKA_WORKFLOW_BIN: makeBin() } });
  let rpc: RpcCaller;
  before(async () => {
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    rpc = rpcCaller(service.url, (await addUser(service.url, admin, 'burns', ['operator'])).token);
    await addUser(service.url, admin, 'bart', ['user']);
  });

  const create = (name: string, tasks: readonly object[]) =>
    rpc.call('workflow.create', { context: { project: { name: 'plant 7', workflows: [{ name, tasks }] } } });
  const gates = () => {
    const path = join(makeFolder(), 'gate');
    const paths = ['one', 'two'].map((end) => `${path}-${end}`) as [string, string];
    const tasks = paths.map((params, index) => ({
      name: `t${index + 1}`,
      exec: 'await',
      function: 'gate',
      params: [params],
    }));
    return { paths, tasks };
  };
  const pass = (path: string) => writeFileSync(path, '');
  const status = (page: Page, text: string) => page.locator('.page-head .badge', { hasText: text }).waitFor();
  const row = (page: Page, name: string) =>
    page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });

  it('are a tree with live statuses; one is run from there', async () => {
    const { paths, tasks } = gates();
    await create('listed', tasks);
    const { page, checkQuiet, context } = await open('#/tasks');
    await logInOn(page, 'burns');
    await page.getByRole('link', { name: 'Процессы' }).click();
    await page.getByRole('heading', { name: 'plant 7' }).waitFor();
    await row(page, 'listed').getByText('не запускался').waitFor();
    await page.getByRole('button', { name: 'Запустить listed' }).click();
    await row(page, 'listed').getByText('выполняется').waitFor();
    for (const path of paths) pass(path);
    await row(page, 'listed').getByText('успех').waitFor();
    checkQuiet();
    await context.close();
  });

  it('run on the page: statuses, the log as it grows, bars, and how long it takes', async () => {
    const { paths, tasks } = gates();
    await create('followed', tasks);
    const { page, checkQuiet, context } = await open(`#/workflows/${encodeURIComponent('plant 7')}/followed`, {
      locale: 'en-GB',
    });
    await logInOn(page, 'burns');
    await page.getByText('There is no earlier run that succeeded').waitFor();
    await page.getByText('Nothing has run yet.').waitFor();
    await page.locator('.live-on').waitFor();
    await page.getByRole('button', { name: 'Run followed' }).click();
    await status(page, 'running');
    const log = page.getByRole('log');
    await page.getByRole('heading', { name: 'Log of t1' }).waitFor();
    await log.getByText('begun').waitFor();
    await row(page, 't2').getByText('new').waitFor();
    // Nothing changes meanwhile, and the page says how long it has waited all the same.
    await page.getByText(/for (?:[5-9]|\d\d)[\d.]* s by now/).waitFor();
    pass(paths[0]);
    await row(page, 't1').getByText('success(0)').waitFor();
    await row(page, 't2').getByText('running').waitFor();
    await page.getByRole('button', { name: 'Log of t1' }).click();
    await log.getByText('<b>over</b>').waitFor();
    assert.match(page.url(), /task=t1/);
    pass(paths[1]);
    await status(page, 'success');
    const bars = page.locator('.bars li');
    await bars.filter({ hasText: 't2success(0)' }).waitFor();
    assert.equal(await page.locator('.bar-success').count(), 3);
    await page.getByText('A run takes about').waitFor();
    await page.getByRole('status').getByText('followed: success').waitFor({ state: 'attached' });
    checkQuiet();
    await context.close();
  });

  it('are stopped; and one that fails says why, with the last lines of its log', async () => {
    await create('stopped', gates().tasks);
    await create('failing', [{ name: 'b1', exec: 'await', function: 'bad', tries: 1 }]);
    const { page, checkQuiet, context } = await open(`#/workflows/${encodeURIComponent('plant 7')}/stopped`);
    await logInOn(page, 'burns');
    await page.getByRole('button', { name: 'Запустить stopped' }).click();
    await row(page, 't1').getByText('выполняется').waitFor();
    await page.getByRole('button', { name: 'Остановить stopped' }).click();
    await status(page, 'остановлен');
    await row(page, 't1').getByText('остановлен').waitFor();
    await page.goto(`${service.url}/#/workflows/plant%207/failing`);
    await page.getByRole('button', { name: 'Запустить одну b1' }).click();
    await status(page, 'ошибка');
    await row(page, 'b1').getByText('ошибка(3)').waitFor();
    const outlook = page.getByRole('region', { name: 'Почему и сколько ещё' });
    await outlook.getByText('Запуск не удался: задача b1 закончилась так: ошибка(3).').waitFor();
    await outlook.getByText('the oven is cold').waitFor();
    await page.locator('summary', { hasText: 'Все изменения таблицей' }).click();
    await page.getByRole('region', { name: 'Все изменения таблицей' }).getByText('burns').first().waitFor();
    checkQuiet();
    await context.close();
  });

  it('are shown as the latest event says, whatever an answer that it overtook says', async () => {
    await create('overtaken', [{ name: 't1', exec: 'await', function: 'slow' }]);
    const { page, checkQuiet, context } = await open('#/workflows/plant%207/overtaken', { locale: 'en-GB' });
    await logInOn(page, 'burns');
    await page.locator('.live-on').waitFor();
    await page.getByRole('button', { name: 'Run overtaken' }).click();
    await row(page, 't1').getByText('running').waitFor();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/rpc', async (route) => {
      if (route.request().postDataJSON().method !== 'workflow.status') return route.continue();
      const response = await route.fetch();
      await released;
      return route.fulfill({ response });
    });
    const answered = page.waitForResponse(
      (answer) => answer.request().postData()?.includes('workflow.status') === true,
    );
    await page.getByRole('button', { name: 'Stop overtaken' }).click();
    await status(page, 'stopped');
    release();
    await (await answered).finished();
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await status(page, 'stopped');
    await page.getByRole('button', { name: 'Run overtaken' }).waitFor();
    checkQuiet();
    await context.close();
  });

  it('are made and changed by a tree, which is checked first', async () => {
    const { page, checkQuiet, context } = await open('#/workflows', { locale: 'en-GB' });
    await logInOn(page, 'burns');
    await page.locator('summary', { hasText: 'Make or change workflows' }).click();
    const form = page.getByRole('form', { name: 'Make or change workflows' });
    const text = form.getByLabel('Tree (JSON)');
    await text.fill('{');
    await form.getByRole('button', { name: 'Check only' }).click();
    await form.getByText('This is not JSON').waitFor();
    const tree = (fn: string) => ({
      context: {
        project: { name: 'made', workflows: [{ name: 'here', tasks: [{ name: 't1', exec: 'await', function: fn }] }] },
      },
    });
    await text.fill(JSON.stringify(tree('missing')));
    await form.getByRole('button', { name: 'Apply' }).click();
    await form.getByRole('alert').getByText('/context/project/workflows/0/tasks/0/function').waitFor();
    await text.fill(JSON.stringify(tree('quick')));
    await form.getByRole('button', { name: 'Check only' }).click();
    await form.getByText('Valid. It would change: here, here/t1.').waitFor();
    assert.equal(await page.getByRole('heading', { name: 'made' }).count(), 0);
    await form.getByRole('button', { name: 'Apply' }).click();
    await form.getByText('Changed: here, here/t1.').waitFor();
    await row(page, 'here').waitFor();
    await page.getByRole('button', { name: 'Copy made into the form' }).click();
    await text.and(page.locator(':focus')).waitFor();
    await form.getByLabel('What to do with it').selectOption('delete');
    await form.getByRole('button', { name: 'Apply' }).click();
    await form.getByText('Changed: here/t1.').waitFor();
    checkQuiet();
    await context.close();
  });

  it('are followed also when they have more tasks than an event', async () => {
    const tasks = Array.from({ length: 130 }, (_, index) => ({
      name: `t${index + 1}`,
      exec: 'await',
      function: 'quick',
    }));
    await create('large', tasks);
    const { page, checkQuiet, context } = await open('#/workflows/plant%207/large', { locale: 'en-GB' });
    await logInOn(page, 'burns');
    await page.getByRole('button', { name: 'Run large' }).click();
    await status(page, 'success');
    await page
      .getByRole('navigation', { name: 'Pages of Tasks by place' })
      .getByRole('button', { name: 'Next' })
      .click();
    await row(page, 't130').getByText('success(0)').waitFor();
    await page.getByText('The first 100 are shown.').waitFor();
    checkQuiet();
    await context.close();
  });

  it('need no mouse, and a status is forced with a reason that the history keeps', async () => {
    const { paths, tasks } = gates();
    await create('by hand', tasks);
    const { page, checkQuiet, context } = await open('#/workflows', { locale: 'en-GB' });
    const tabTo = async (name: string) => {
      for (let step = 0; step < 60; step++) {
        await page.keyboard.press('Tab');
        const text = await page.evaluate<string>(
          'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
        );
        if (text.trim() === name) return;
      }
      assert.fail(`the Tab key does not come to ${name}`);
    };
    await logInOn(page, 'burns');
    await row(page, 'by hand').waitFor();
    await tabTo('by hand');
    await page.keyboard.press('Enter');
    await page.locator('h1:focus', { hasText: 'by hand' }).waitFor();
    await tabTo('Run by hand');
    await page.keyboard.press('Enter');
    await row(page, 't1').getByText('running').waitFor();
    await tabTo('Set the status of t1');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Set the status of t1' });
    await dialog.getByLabel('Why').fill('in the library');
    await page.keyboard.press('Enter');
    await row(page, 't1').getByText('waiting').waitFor();
    await page.locator('[aria-label="Set the status of t1"]:focus').waitFor();
    for (const path of paths) pass(path);
    await status(page, 'success');
    await page.locator('summary', { hasText: 'Every change' }).click();
    await page.getByRole('row', { name: /t1 waiting burns in the library/ }).waitFor();
    checkQuiet();
    await context.close();
  });

  it('that are not there are told of; users who are no operators see none', async () => {
    const { page, context, expect } = await open('#/workflows/none/none');
    expect(/status of 403/);
    await logInOn(page, 'burns');
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Выйти' }).click();
    await logInOn(page, 'bart');
    await page.getByRole('alert').getByText('У вас нет права на это').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Процессы' }).count(), 0);
    await context.close();
  });

  for (const [locale, options] of [
    ['ru-RU', { colorScheme: 'dark', ...PHONE }],
    ['en-GB', { colorScheme: 'light' }],
  ] as const) {
    it(`are for everybody, in ${locale} and ${options.colorScheme}, on a desk or a phone`, async () => {
      const name = locale.padEnd(128, 'x');
      await create(name, [
        { name: 'q'.repeat(128), exec: 'parallel', function: 'gate', params: ['/'] },
        { name: 'bad', exec: 'await', function: 'bad', tries: 2 },
      ]);
      const { page, checkQuiet, context } = await open('#/workflows', { locale, ...options });
      await logInOn(page, 'burns');
      await page.getByRole('button', { name: new RegExp(`(Запустить|Run) ${name}`) }).click();
      await row(page, name)
        .getByText(/^(ошибка|error)$/)
        .waitFor();
      for (const hash of ['#/workflows', `#/workflows/plant%207/${encodeURIComponent(name)}`]) {
        await page.goto(`${service.url}/${hash}`);
        await settle(page);
        if (hash !== '#/workflows') await page.locator('.bar-error').first().waitFor();
        await checkAccess(page, hash);
        await checkWidth(page, hash);
      }
      checkQuiet();
      await context.close();
    });
  }
});
