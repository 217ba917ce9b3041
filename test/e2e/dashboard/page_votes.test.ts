import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { encode } from 'fast-png';
import { checkAccess, checkWidth, PHONE, settle } from '../../support/page_checks.js';
import { logInOn, usePages } from '../../support/page_suite.js';
import { sendForm } from '../../support/traffic/case_form.js';
import { recordFor } from '../../support/traffic/traffic_suite.js';
import { addUser, type Caller, callerWith, readAdminToken } from '../../support/users.js';

const SPECIALISTS = ['lisa', 'bart', 'maggie'];
/** The browser's own message about an answer without a case. */
const NO_CASE = /status of 404/;

/** The same about a specialist who is nobody. */
const NO_USER = /status of 404/;

/** A grey picture that a browser can show. */
function picture(shade: number): Buffer {
  return Buffer.from(encode({ width: 40, height: 30, channels: 1, data: new Uint8Array(1_200).fill(shade) }));
}

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
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Осуждённые дела (.xlsx)' }).click();
    assert.equal((await saved).suggestedFilename(), 'convicted.xlsx');
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
