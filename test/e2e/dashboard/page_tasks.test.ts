import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, openPage } from '../../support/browser.js';
import { makeFolder } from '../../support/folder.js';
import { openEvents } from '../../support/http/events.js';
import { rpcCaller } from '../../support/http/rpc.js';
import { checkAccess, checkViews, checkWidth, PHONE, settle } from '../../support/page_checks.js';
import { logInOn, usePages } from '../../support/page_suite.js';
import { freePort } from '../../support/ports.js';
import { startService } from '../../support/service.js';
import { addUser, type Caller, callerWith, logInAs, readAdminToken } from '../../support/users.js';
import { makeScriptDir } from '../../support/work/work_suite.js';

/** Scripts that go on when a file appears. */
const SCRIPTS = makeScriptDir({
  'steps.mjs': `
    import { existsSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    const opened = async (gate) => { while (!existsSync(gate)) await sleep(20); };
    export async function waits({ gate }) {
      console.log('begun');
      this.task.progress(0.25, 'a quarter');
      await opened(gate + '-half');
      console.log('<b>half-way</b>');
      this.task.progress(0.5, 'half');
      await opened(gate + '-end');
      return { sum: 42 };
    }
    export function fails() { console.log('about to fail'); throw new Error('the oven is cold'); }
    export function exits() { process.exit(3); }
  `,
});

const SMALL_PICTURE = '{"width": 64, "height": 36, "samples": 1}';

type Task = { id: number; name: string };

describe('tasks on the page', () => {
  const { service, open } = usePages({ env: { SVODKA_SCRIPT_DIR: SCRIPTS, SVODKA_EXECUTORS: '1' } });
  let gomer: Caller;
  let operator: Caller;
  before(async () => {
    gomer = await logInAs(service.url, 'gomer');
    operator = await addUser(service.url, callerWith(service.url, readAdminToken(service.dataDir)), 'burns', [
      'operator',
    ]);
  });

  const create = (caller: Caller, params: object) =>
    rpcCaller(service.url, caller.token).call<Task>('engine.create', { script: 'render.scene', ...params });
  const ended = async (caller: Caller, { id }: Task) =>
    rpcCaller(service.url, caller.token).call('engine.result', { task_id: id, wait_s: 60 });
  const gate = () => join(makeFolder(), 'gate');
  const pass = (path: string) => writeFileSync(path, '');
  const badge = (page: Page, text: string) => page.locator('.page-head .badge', { hasText: text }).waitFor();

  it('ask for a log-in, which imports do not; a link leads there and back', async () => {
    const { page, checkQuiet, context } = await open('#/compare');
    await page.getByRole('heading', { name: 'Сравнение двух выгрузок' }).waitFor();
    await page.getByRole('link', { name: 'Задачи' }).click();
    await page.getByRole('heading', { name: 'Вход' }).waitFor();
    await page.getByRole('link', { name: 'Сравнение' }).click();
    await page.getByRole('heading', { name: 'Сравнение двух выгрузок' }).waitFor();
    await page.getByRole('link', { name: 'Войти' }).click();
    await logInOn(page, 'gomer');
    await page.getByRole('heading', { name: 'Сравнение двух выгрузок' }).waitFor();
    await page.getByRole('link', { name: 'Задачи' }).click();
    await page.getByRole('heading', { name: 'Задачи', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Выйти' }).click();
    await page.getByRole('heading', { name: 'Вход' }).waitFor();
    checkQuiet();
    await context.close();
  });

  it('are made from a form with an example, and the picture is shown; the token is in no URL', async () => {
    const { page, checkQuiet, context } = await open('#/tasks');
    const urls: string[] = [];
    page.on('request', (asked) => urls.push(asked.url()));
    await logInOn(page, 'gomer');
    await page.getByRole('link', { name: 'Новая задача' }).click();
    const args = page.getByLabel('Аргументы');
    const example = JSON.parse(await args.inputValue()) as { width: number; height: number };
    await args.fill(JSON.stringify({ ...example, width: 64, height: 36, samples: 1 }));
    await page.getByLabel('Название').fill('Обложка <1>');
    await page.getByRole('button', { name: 'Создать' }).click();
    await page.getByRole('heading', { name: 'Обложка <1>', level: 1 }).waitFor();
    const picture = page.getByRole('img', { name: 'Что сделала задача Обложка <1>' });
    await picture.waitFor();
    await badge(page, 'готова');
    const size = await page.evaluate(
      `(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight])(document.querySelector('.picture'))`,
    );
    assert.deepEqual(size, [64, 36]);
    assert.match((await picture.getAttribute('src')) ?? '', /^blob:/);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Сохранить', exact: true }).click();
    assert.equal((await download).suggestedFilename(), 'Обложка _1_.png');
    const token = await page.evaluate<string>(`JSON.parse(sessionStorage.getItem('svodka.session')).token`);
    assert.ok(!urls.some((url) => url.includes(token)));
    checkQuiet();
    await context.close();
  });

  it('show their progress and their log as they grow, here and in the list', async () => {
    const path = gate();
    const task = await create(operator, { script: 'steps.waits', args: { gate: path } });
    const [list, one] = [await open('#/tasks'), await open(`#/tasks/${task.id}`, { locale: 'en-GB' })];
    for (const { page } of [list, one]) await logInOn(page, 'burns');
    const row = list.page.getByRole('row').filter({ hasText: task.name });
    const log = one.page.getByRole('log');
    await row.getByText('25 % · a quarter').waitFor();
    await one.page.getByText('25 % · a quarter').waitFor();
    await log.getByText('begun').waitFor();
    await one.page.locator('.live-on').waitFor();
    pass(`${path}-half`);
    await row.getByText('50 % · half').waitFor();
    await one.page.getByRole('progressbar', { name: `Progress of ${task.name}` }).waitFor();
    await log.getByText('<b>half-way</b>').waitFor();
    pass(`${path}-end`);
    await row.getByText('готова').waitFor();
    await badge(one.page, 'complete');
    await one.page.getByText('"sum": 42').waitFor();
    assert.equal(await log.textContent(), 'begun\n<b>half-way</b>\n');
    const history = one.page.getByRole('region', { name: 'History' }).first();
    assert.deepEqual(await history.getByRole('rowheader').allTextContents(), ['complete', 'working', 'waiting']);
    await one.page.getByRole('status').getByText(`${task.name}: complete`).waitFor({ state: 'attached' });
    for (const { checkQuiet, context } of [list, one]) {
      checkQuiet();
      await context.close();
    }
  });

  it('are cancelled, and run again', async () => {
    const path = gate();
    const task = await create(operator, { script: 'steps.waits', args: { gate: path } });
    const { page, checkQuiet, context } = await open(`#/tasks/${task.id}`);
    await logInOn(page, 'burns');
    await page.getByText('25 % · a quarter').waitFor();
    await page.getByRole('button', { name: `Отменить ${task.name}` }).click();
    await badge(page, 'отменена');
    for (const step of ['half', 'end']) pass(`${path}-${step}`);
    await page.getByRole('button', { name: `Выполнить ${task.name} снова` }).click();
    await badge(page, 'готова');
    await page.getByText('"sum": 42').waitFor();
    checkQuiet();
    await context.close();
  });

  it('are made of a script that is chosen: of all by operators, of those that come with Svodka by users', async () => {
    const { page, checkQuiet, context } = await open('#/tasks/new');
    await logInOn(page, 'burns');
    const script = page.getByLabel('Сценарий');
    await script.locator('optgroup[label=steps]').waitFor({ state: 'attached' });
    await script.selectOption('steps.exits');
    assert.equal(await page.getByLabel('Аргументы').inputValue(), '{}');
    await page.getByRole('button', { name: 'Создать' }).click();
    await badge(page, 'ошибка');
    await page.getByRole('button', { name: 'Выйти' }).click();
    await page.goto(`${service.url}/#/tasks/new`);
    await logInOn(page, 'gomer');
    await script.waitFor();
    await settle(page);
    const offered = await page.evaluate<string[]>(
      `[...document.querySelectorAll('main option')].map(({ value }) => value)`,
    );
    assert.deepEqual(offered, ['render.scene']);
    checkQuiet();
    await context.close();
  });

  it('say why they died: in the words of the reader, with what the script said', async () => {
    const tasks = [
      [await create(operator, { script: 'steps.fails' }), 'Сценарий выдал ошибку.', 'the oven is cold'],
      [await create(operator, { script: 'steps.exits' }), 'Сценарий завершился без ответа, код выхода 3.', ''],
    ] as const;
    const { page, checkQuiet, context } = await open('#/tasks');
    await logInOn(page, 'burns');
    for (const [task, cause, text] of tasks) {
      await ended(operator, task);
      await page.goto(`${service.url}/#/tasks/${task.id}`);
      const note = page.getByRole('region', { name: 'Почему не удалась' });
      await note.getByText(cause).waitFor();
      await note.getByText(text).first().waitFor();
    }
    checkQuiet();
    await context.close();
  });

  it('are filtered, and their owners seen, by operators; users see their own', async () => {
    const own = await create(gomer, { name: 'picture of gomer', args: JSON.parse(SMALL_PICTURE) });
    const failed = await create(operator, { script: 'steps.fails', name: 'failure of burns' });
    for (const [caller, task] of [
      [gomer, own],
      [operator, failed],
    ] as const)
      await ended(caller, task);
    const { page, checkQuiet, context } = await open('#/tasks');
    await logInOn(page, 'burns');
    await page.getByRole('link', { name: own.name }).waitFor();
    await page.getByRole('link', { name: failed.name }).waitFor();
    await page.getByLabel('Состояние').selectOption('failed');
    await page.getByRole('link', { name: own.name }).waitFor({ state: 'detached' });
    assert.match(page.url(), /status=failed/);
    await page.getByRole('button', { name: 'Сбросить' }).click();
    await page.getByLabel('Пользователь').fill('gomer');
    await page.getByRole('button', { name: 'Показать' }).click();
    await page.getByRole('link', { name: failed.name }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: own.name }).waitFor();
    await page.getByLabel('Пользователь').fill('nobody');
    await page.getByRole('button', { name: 'Показать' }).click();
    await page.getByText('Таких задач нет.').waitFor();
    await page.getByRole('button', { name: 'Выйти' }).click();
    await page.goto(`${service.url}/#/tasks`);
    await logInOn(page, 'gomer');
    await page.getByRole('link', { name: own.name }).waitFor();
    assert.equal(await page.getByRole('link', { name: failed.name }).count(), 0);
    assert.equal(await page.getByLabel('Пользователь').count(), 0);
    checkQuiet();
    await context.close();
  });

  it('are not made from what is wrong: the form says what, keeps the texts and takes the focus there', async () => {
    await create(gomer, { name: 'taken', args: JSON.parse(SMALL_PICTURE) });
    const { page, checkQuiet, context } = await open('#/tasks/new');
    await logInOn(page, 'burns');
    const args = page.getByLabel('Аргументы');
    await args.fill('{"width": ');
    await page.getByRole('button', { name: 'Создать' }).click();
    await page.getByText('Это не JSON').waitFor();
    await args.and(page.locator(':focus[aria-invalid=true]')).waitFor();
    await args.fill(SMALL_PICTURE);
    await page.getByLabel('Название').fill('taken');
    await page.getByRole('button', { name: 'Создать' }).click();
    await page.getByText('такое имя уже занято').waitFor();
    await page.getByLabel('Название').and(page.locator(':focus')).waitFor();
    assert.equal(await args.inputValue(), SMALL_PICTURE);
    await page.getByLabel('Сценарий').selectOption('other');
    await page.getByLabel('Путь сценария').fill('no.such.script');
    await page.getByRole('button', { name: 'Создать' }).click();
    await page.getByText('такого сценария нет').waitFor();
    checkQuiet();
    await context.close();
  });

  let longNames = 0;
  const views = async (): Promise<string[]> => {
    const picture = await create(gomer, { args: JSON.parse(SMALL_PICTURE) });
    const failed = await create(operator, { script: 'steps.fails', name: `${++longNames}`.padEnd(128, 'x') });
    await ended(gomer, picture);
    await ended(operator, failed);
    return ['#/tasks', '#/tasks/new', `#/tasks/${picture.id}`, `#/tasks/${failed.id}`];
  };

  for (const [locale, options] of [
    ['ru-RU', { colorScheme: 'light', ...PHONE }],
    ['en-GB', { colorScheme: 'dark' }],
  ] as const) {
    it(`are for everybody, in ${locale} and ${options.colorScheme}, on a desk or a phone`, async () => {
      const { page, checkQuiet, context } = await open('#/tasks', { locale, ...options });
      await checkAccess(page, 'the form for logging in');
      await checkWidth(page);
      await logInOn(page, 'burns');
      await checkViews(page, service.url, await views());
      checkQuiet();
      await context.close();
    });
  }

  it('need no mouse: a log-in, a task, its cancellation', async () => {
    const { page, checkQuiet, context } = await open('#/tasks', { locale: 'en-GB' });
    const tabTo = async (name: RegExp) => {
      for (let step = 0; step < 60; step++) {
        await page.keyboard.press('Tab');
        const text = await page.evaluate<string>(
          `[document.activeElement.getAttribute('aria-label'), document.activeElement.name, document.activeElement.textContent].join(' ')`,
        );
        if (name.test(text)) return;
      }
      assert.fail(`the Tab key does not come to ${name}`);
    };
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await tabTo(/username/);
    await page.keyboard.type('gomer');
    await page.keyboard.press('Tab');
    await page.keyboard.type('correct horse');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor();
    await tabTo(/New task/);
    await page.keyboard.press('Enter');
    await page.locator('h1:focus', { hasText: 'New task' }).waitFor();
    await tabTo(/args/);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('{"width": 4000, "height": 4000, "samples": 64}');
    await tabTo(/Create/);
    await page.keyboard.press('Enter');
    await page.getByText('working').first().waitFor();
    await tabTo(/Cancel/);
    await page.keyboard.press('Enter');
    await badge(page, 'cancelled');
    checkQuiet();
    await context.close();
  });

  it('come with their own code, when they are shown and not before', async () => {
    const { page, checkQuiet, context } = await open();
    const files: string[] = [];
    page.on('request', (asked) => files.push(new URL(asked.url()).pathname));
    await page.reload();
    await settle(page);
    const loaded = (part: string) => files.filter((path) => path.startsWith('/page/') && path.includes(part));
    assert.ok(loaded('/census/').length > 5);
    assert.deepEqual([loaded('/work/'), loaded('/users/')], [[], []]);
    await page.goto('about:blank');
    files.length = 0;
    await page.goto(`${service.url}/#/tasks`);
    await logInOn(page, 'gomer');
    await page.getByRole('heading', { name: 'Задачи', level: 1 }).waitFor();
    assert.ok(loaded('/work/').length > 5);
    assert.deepEqual([loaded('/census/'), loaded('package_chart')], [[], []]);
    const all = loaded('.');
    assert.equal(new Set(all).size, all.length, 'nothing is fetched twice');
    checkQuiet();
    await context.close();
  });
});

describe('the events of a task on the page', () => {
  const { service, open } = usePages({ env: { SVODKA_MAX_WATCHERS: '1' } });

  it('are followed also when the first connection was refused', async () => {
    const gomer = await logInAs(service.url, 'gomer');
    const task = await rpcCaller(service.url, gomer.token).call<Task>('engine.create', { script: 'render.scene' });
    const path = `/api/v1/tasks/${task.id}/events`;
    const stream = await openEvents(`${service.url}${path}`, { Authorization: `Token ${gomer.token}` });
    const { page, checkQuiet, context, expect } = await open(`#/tasks/${task.id}`);
    expect(/status of 503/);
    const refused = page.waitForResponse((answer) => answer.url().endsWith(path) && answer.status() === 503);
    await logInOn(page, 'gomer');
    await refused;
    await page.getByText('нет связи').waitFor();
    stream.close();
    await page.locator('.live-on').waitFor();
    checkQuiet();
    await context.close();
  });
});

describe('the page of a service that was killed', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  it('says so, comes back with the service, and keeps who is logged in', async () => {
    const options = { dataDir: makeFolder(), env: { SVODKA_PORT: String(await freePort()) } };
    const first = await startService(options);
    const gomer = await logInAs(first.url, 'gomer');
    const rpc = rpcCaller(first.url, gomer.token);
    const { id, name } = await rpc.call<Task>('engine.create', { script: 'render.scene' });
    const { page, context } = await openPage(browser, `${first.url}/#/tasks/${id}`);
    await logInOn(page, 'gomer');
    await page.locator('.live-on').waitFor();
    await first.kill();
    await page.getByText('нет связи').waitFor();
    const second = await startService(options);
    await page.locator('.live-on').waitFor();
    await rpc.call('engine.cancel', { task_id: id });
    await page.locator('.page-head .badge', { hasText: 'отменена' }).waitFor();
    await page.getByRole('link', { name: 'Задачи' }).click();
    await page.getByRole('link', { name }).waitFor();
    await context.close();
    assert.equal(await second.stop(), 0);
  });
});

describe('the page of a service with some wings', () => {
  for (const [wing, shown, heading, absent] of [
    ['census', 'Выгрузки', 'Выгрузки', 'Задачи'],
    ['work', 'Задачи', 'Вход', 'Выгрузки'],
  ] as const) {
    describe(wing, () => {
      const { service, open } = usePages({ env: { SVODKA_WINGS: wing } });

      it(`shows what it has and nothing of the other`, async () => {
        const { page, checkQuiet, context } = await open();
        await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
        await page.getByRole('link', { name: shown }).waitFor();
        assert.equal(await page.getByRole('link', { name: absent }).count(), 0);
        const text = await (await fetch(`${service.url}/`)).text();
        assert.match(text, new RegExp(`/${wing}/content\\.js`));
        assert.doesNotMatch(text, new RegExp(`/${wing === 'work' ? 'census' : 'work'}/`));
        checkQuiet();
        await context.close();
      });
    });
  }
});
