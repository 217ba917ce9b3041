import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { checkAccess, checkViews, checkWidth, PHONE, settle } from '../../support/page_checks.js';
import { logInOn, usePages } from '../../support/page_suite.js';
import { sendForm } from '../../support/traffic/case_form.js';
import { makePageWorld, type PageWorld } from '../../support/traffic/page_world.js';
import { picture } from '../../support/traffic/pictures.js';
import { recordFor } from '../../support/traffic/traffic_suite.js';
import { addUser, type Caller, callerWith, readAdminToken } from '../../support/users.js';

const SPECIALISTS = ['lisa', 'bart', 'maggie'];
/** The browser's own message about an answer without a case. */
const NO_CASE = /status of 404/;

/** The same about a specialist who is nobody. */
const NO_USER = /status of 404/;

describe('votes and registers on the page', () => {
  const { service, open } = usePages();
  let admin: Caller;
  before(async () => {
    admin = callerWith(service.url, readAdminToken(service.dataDir));
    await addUser(service.url, admin, 'marge', ['manager']);
    for (const name of SPECIALISTS) await addUser(service.url, admin, name, ['user']);
  });

  it('are filled from a spreadsheet, whose faults are named, and users become specialists', async () => {
    const { page, checkQuiet, context, expect } = await open('#/registers');
    await logInOn(page, 'marge');
    const form = page.getByRole('form', { name: 'Загрузить таблицу' });
    const upload = async (table: string, text: string) => {
      await form.getByLabel('Реестр').selectOption(table);
      const file = { name: 'table.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
      await form.getByLabel('Файл').setInputFiles(file);
      await form.getByRole('button', { name: 'Загрузить' }).click();
    };
    await upload('violations', 'violation_type;fine;colour\nскорость;500;red\nпарковка;-1;\n');
    await page.getByText('Добавлено 1, обновлено 0, ошибок 1.').waitFor();
    await page.getByText('Эти столбцы не тронуты: colour').waitFor();
    await page.getByRole('rowheader', { name: 'скорость' }).waitFor();
    await upload('car_owners', 'car_number;phone_number\n1ABC2377;79161234567\n');
    await page.getByText('Добавлено 1, обновлено 0, ошибок 0.').waitFor();
    await page.getByLabel('Имя').fill('nobody');
    await page.getByRole('button', { name: 'Сделать специалистом' }).click();
    await page.getByText('Не получилось. Такого пользователя нет').waitFor();
    expect(NO_USER);
    for (const name of SPECIALISTS) {
      await page.getByLabel('Имя').fill(name);
      await page.getByRole('button', { name: 'Сделать специалистом' }).click();
      await page.getByRole('rowheader', { name }).waitFor();
    }
    await settle(page);
    await checkAccess(page);
    checkQuiet();
    await context.close();
  });

  it('are cast with one key each; the next case comes by itself, and the manager sees the decision', async () => {
    const { data } = (await admin.get<{ data: { id: string }[] }>('/violations')).body;
    const GPScoords = { latitude: 55.7, longitude: 37.6 };
    const { body: camera } = await admin.send<string>('POST', '/cameras/regist', { GPScoords, CameraType: 'camerus1' });
    const { body } = await admin.send<{ token: string }>('POST', `/cameras/${camera}/token`);
    const record = recordFor('camerus1', camera, data[0]?.id ?? '');
    for (const shade of [50, 200]) {
      const sent = await sendForm(service.url, body.token, { photo: picture(shade), metadata: JSON.stringify(record) });
      assert.equal(sent.status, 201, sent.text);
    }
    for (const name of SPECIALISTS) {
      const { page, checkQuiet, context, expect } = await open('#/vote');
      expect(NO_CASE);
      await logInOn(page, name);
      for (let turn = 1; turn <= 2; turn++) {
        await page.getByRole('img', { name: 'Фото 1ABC2377' }).waitFor();
        await page.keyboard.press('z');
        await page.locator('.vote-zoomed').waitFor();
        if (turn === 1) await checkAccess(page);
        await page.keyboard.press('c');
        await page.getByText(`голосов ${turn}`).waitFor();
        // Until the next photo is there, keys do nothing.
        await page.locator('.vote-stamp').waitFor({ state: 'detached' });
      }
      await page.getByText('Сейчас для вас нет дел.').waitFor();
      checkQuiet();
      await context.close();
    }
    const { page, checkQuiet, context } = await open('#/cases', PHONE);
    await logInOn(page, 'marge');
    await page.getByRole('cell', { name: 'осуждено' }).first().waitFor();
    await page.getByRole('cell', { name: '79161234567' }).first().waitFor();
    await page.getByLabel('Состояние').selectOption('justified');
    await page.getByText('Таких дел нет.').waitFor();
    await checkWidth(page);
    const form = page.getByRole('form', { name: 'Осуждённые дела' });
    for (const [format, pattern] of [
      ['xlsx', /^PK/],
      ['csv', /^case_id,.*79161234567/s],
      ['json', /"phone_number": "79161234567"/],
    ] as const) {
      await form.getByLabel('Вид файла').selectOption(format);
      const saved = page.waitForEvent('download');
      await form.getByRole('button', { name: 'Скачать' }).click();
      const file = await saved;
      assert.equal(file.suggestedFilename(), `convicted.${format}`);
      assert.match(readFileSync(await file.path(), 'latin1'), pattern);
    }
    await form.getByLabel('Решены по').fill('2020-01-01');
    await form.getByLabel('Вид файла').selectOption('json');
    const saved = page.waitForEvent('download');
    await form.getByRole('button', { name: 'Скачать' }).click();
    assert.equal(readFileSync(await (await saved).path(), 'utf8'), '[]');
    checkQuiet();
    await context.close();
  });

  it('are there with everything else about a case, where its row in the list leads', async () => {
    const { page, checkQuiet, context } = await open('#/cases', PHONE);
    await logInOn(page, 'marge');
    await page.getByRole('link', { name: '1ABC2377' }).first().click();
    await page.getByRole('heading', { name: '1ABC2377' }).waitFor();
    await page.getByRole('img', { name: 'Фото 1ABC2377' }).waitFor();
    await page.waitForFunction('document.querySelector(".vote-photo img").naturalWidth === 40');
    const factsOf = (name: string) => page.getByRole('region', { name, exact: true }).locator('dl').textContent();
    assert.match((await factsOf('Запись')) ?? '', /Нарушениескорость\s*Штраф500\s*Значение62km\/h/);
    assert.match((await factsOf('Контакты владельца')) ?? '', /Телефон79161234567/);
    await page.getByText('Оправдать: 0, осудить: 3').waitFor();
    for (const name of SPECIALISTS) await page.getByRole('row', { name: `${name} осудить` }).waitFor();
    const history = page.getByRole('table', { name: 'История' });
    assert.deepEqual(await history.getByRole('rowheader').allTextContents(), ['осуждено', 'открыто']);
    await settle(page);
    await checkAccess(page);
    await checkWidth(page);
    await page.getByRole('link', { name: 'Все дела' }).click();
    await page.getByRole('link', { name: '1ABC2377' }).first().waitFor();
    checkQuiet();
    await context.close();
  });
});

describe('the vote view', () => {
  const { service, open } = usePages();
  let world: PageWorld;
  let camera: { id: string; token: string };
  before(async () => {
    world = await makePageWorld(service, ['homer', ...SPECIALISTS]);
    camera = await world.addCamera('мост');
  });

  const isBusy = /status of 409/;
  const vote = async (name: string, said: string) => {
    const caller = world.specialists.get(name);
    await caller?.get('/specs/get-case');
    assert.equal((await caller?.send('POST', '/specs/vote', { vote: said }))?.status, 200);
  };

  it('asks for the next case when a vote is stored, shows the vote until it comes, and takes no key meanwhile', async () => {
    for (const shade of [10, 20]) await world.sendCase(camera, shade);
    const { page, checkQuiet, context } = await open('#/vote');
    await logInOn(page, 'homer');
    const photo = page.getByRole('img', { name: 'Фото 1ABC2377' });
    const address = await photo.getAttribute('src');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route('**/specs/get-case', async (route) => {
      await held;
      await route.continue();
    });
    await page.keyboard.press('j');
    await page.locator('.vote-stamp', { hasText: 'Оправдано' }).waitFor();
    assert.equal(await photo.getAttribute('src'), address, 'the photo stays until the next one can be shown');
    await page.keyboard.press('c');
    await page.getByRole('button', { name: 'Осудить (C)' }).click({ force: true });
    letGo();
    await page.locator('.vote-stamp').waitFor({ state: 'detached' });
    assert.notEqual(await photo.getAttribute('src'), address);
    const calls = asked.filter((each) => /vote$|get-case$/.test(each));
    assert.deepEqual(calls, ['POST /specs/vote', 'GET /specs/get-case']);
    checkQuiet();
    await context.close();
  });

  it('leaves letters to the fields that take them', async () => {
    const { page, checkQuiet, context } = await open('#/vote');
    await logInOn(page, 'homer');
    await page.getByRole('img', { name: 'Фото 1ABC2377' }).waitFor();
    const votes: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') votes.push(request.url());
    });
    await page.getByLabel('Язык').focus();
    await page.keyboard.press('c');
    await page.keyboard.press('z');
    assert.equal(await page.locator('.vote-stamp, .vote-zoomed').count(), 0);
    await page.reload();
    await page.getByRole('img', { name: 'Фото 1ABC2377' }).waitFor();
    assert.deepEqual(votes, []);
    checkQuiet();
    await context.close();
  });

  it('zooms by the wheel, by keys, by buttons and by a pinch', async () => {
    const { page, checkQuiet, context } = await open('#/vote', { ...PHONE, colorScheme: 'dark' });
    await logInOn(page, 'homer');
    const photo = page.locator('.vote-photo');
    const box = await photo.boundingBox();
    assert.ok(box);
    const [x, y] = [box.x + box.width / 4, box.y + box.height / 4];
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -400);
    await page.locator('.vote-zoomed').waitFor();
    // The point under the pointer stays: a quarter of the way, it scrolls by a quarter of what was added.
    const moved = await page.evaluate<number[]>(
      `[document.querySelector('.vote-photo')].flatMap((box) => [box.scrollLeft / box.scrollWidth, box.scrollTop / box.scrollHeight])`,
    );
    for (const share of moved) assert.ok(share > 0.1 && share < 0.2, String(moved));
    await page.keyboard.press('0');
    await page.locator('.vote-zoomed').waitFor({ state: 'detached' });
    await page.keyboard.press('+');
    await page.locator('.zoom-value', { hasText: '150' }).waitFor();
    await page.keyboard.press('-');
    await page.keyboard.press('z');
    await page.locator('.zoom-value', { hasText: '250' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('button', { name: 'Мельче' }).click();
    await page.locator('.zoom-value', { hasText: '167' }).waitFor();
    await page.keyboard.press('0');
    const client = await context.newCDPSession(page);
    const touch = (type: string, points: number[]) =>
      client.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints: points.map((offset, id) => ({ x: x + offset, y, id })),
      });
    await touch('touchStart', [-20, 20]);
    await touch('touchMove', [-40, 40]);
    await touch('touchEnd', []);
    await page.locator('.zoom-value', { hasText: '200' }).waitFor();
    await checkAccess(page);
    await checkWidth(page);
    checkQuiet();
    await context.close();
  });

  it('shows the time left, and says when the case is no longer held', async () => {
    const { page, checkQuiet, context, expect } = await open('#/vote');
    expect(isBusy);
    await page.clock.install();
    await logInOn(page, 'homer');
    await page
      .getByRole('timer')
      .getByText(/Осталось (29:\d\d|30:00)/)
      .waitFor();
    await page.clock.fastForward(29.5 * 60_000);
    await page.locator('.time-short').waitFor();
    await page.clock.fastForward(40_000);
    await page.getByRole('alert').getByText('больше не ваше').waitFor();
    await page.keyboard.press('c');
    await page.getByRole('button', { name: 'Следующее дело' }).click();
    await page.getByRole('img', { name: 'Фото 1ABC2377' }).waitFor();
    // The same specialist votes elsewhere: this page's case is no longer held.
    await vote('homer', 'convict');
    await world.sendCase(camera, 30);
    await world.specialists.get('homer')?.get('/specs/get-case');
    await page.keyboard.press('c');
    await page.getByRole('alert').getByText('больше не ваше').waitFor();
    // The case that is held by now was never shown here, and has no vote.
    const { data } = (await world.admin.get<{ data: { votes: { list: unknown[] } }[] }>('/cases')).body;
    assert.deepEqual(data.map(({ votes }) => votes.list.length).sort(), [0, 1, 1]);
    checkQuiet();
    await context.close();
  });

  it('says why there is no case: others have yet to vote, nobody has the skill, all are decided', async () => {
    await vote('homer', 'convict');
    const { page, checkQuiet, context, expect } = await open('#/vote', { locale: 'en-GB' });
    expect(NO_CASE);
    await logInOn(page, 'homer');
    await page.getByText('Open cases of skill 1: 3. You have had all of them; others are still to vote.').waitFor();
    // One case has a vote to justify: it goes to level 2. The others are convicted.
    for (const name of ['lisa', 'bart']) for (let turn = 0; turn < 3; turn++) await vote(name, 'convict');
    await page.getByRole('button', { name: 'Look again' }).click();
    await page.getByText('Cases of skill 2 wait: 1. No specialist has this skill.').waitFor();
    await checkAccess(page);
    const manager = await open('#/cases/statistics', { locale: 'en-GB' });
    await logInOn(manager.page, 'marge');
    await manager.page.getByText('Cases of skill 2 wait: 1. No specialist has this skill.').waitFor();
    await manager.context.close();
    checkQuiet();
    await context.close();
  });

  it('has statistics for managers, as charts and as tables, in both languages, light and dark, on a phone', async () => {
    for (const [locale, options] of [
      ['ru-RU', { colorScheme: 'dark', ...PHONE }],
      ['en-GB', { colorScheme: 'light' }],
    ] as const) {
      const { page, checkQuiet, context } = await open('#/cases/statistics', { locale, ...options });
      await logInOn(page, 'marge');
      await page.locator('canvas').nth(5).waitFor();
      for (const details of await page.locator('details.as-table').all()) await details.locator('summary').click();
      const rowsOf = async (caption: RegExp) =>
        page.getByRole('table', { name: caption }).locator('tbody tr').allTextContents();
      assert.deepEqual(
        (await rowsOf(/^(Дела по дням|Cases by day)$/)).map((text) => text.trim()),
        ['2024-01-013'],
      );
      assert.match((await rowsOf(/^(Дела по нарушениям|Cases by violation)$/)).join(), /^speeding3$/);
      assert.match((await rowsOf(/^(Дела по камерам|Cases by camera)$/)).join(), /^мост3$/);
      assert.equal((await rowsOf(/^(Согласие специалистов|Agreement of specialists)$/)).length, 3);
      await checkAccess(page, locale);
      await checkWidth(page, locale);
      await checkViews(page, service.url, ['#/cases', '#/registers']);
      checkQuiet();
      await context.close();
    }
  });
});
