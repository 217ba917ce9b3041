import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { checkAccess, checkViews, PHONE, settle } from '../../support/page_checks.js';
import { logInOn, usePages } from '../../support/page_suite.js';
import { sendForm } from '../../support/traffic/case_form.js';
import { makePageWorld, type PageWorld } from '../../support/traffic/page_world.js';
import { picture } from '../../support/traffic/pictures.js';
import { recordFor } from '../../support/traffic/traffic_suite.js';

/** The browser's own messages about refused requests. */
const REFUSED = /status of (400|409)/;
const TOKEN = /^[0-9a-f]{40}$/;

describe('cameras on the page', () => {
  const { service, open } = usePages();
  let world: PageWorld;
  before(async () => {
    world = await makePageWorld(service);
  });

  it('have types that are made by a form, which shows each fault at its field, and used by a camera', async () => {
    const { page, checkQuiet, context, expect } = await open('#/cameras/types');
    expect(REFUSED);
    await logInOn(page, 'marge');
    await page.getByRole('link', { name: 'Новый тип' }).click();
    await page.locator('h1:focus', { hasText: 'Новый тип' }).waitFor();
    await page.getByLabel('Имя типа').fill('camerus4');
    const field = (name: string) => page.getByRole('group', { name, exact: true });
    const add = async (key: string, kind: string) => {
      const last = page.locator('.type-field').last();
      await last.getByLabel('Ключ', { exact: true }).fill(key);
      await last.getByRole('combobox', { name: 'Вид' }).selectOption(kind);
    };
    await add('plate', 'str');
    await field('Поле plate').getByLabel('Шаблон').fill('(A');
    await page.getByRole('button', { name: 'Добавить поле', exact: true }).click();
    await add('what', 'dict');
    await field('Поле what').getByRole('button', { name: 'Добавить поле внутрь what' }).click();
    await add('id', 'uuid');
    await page.getByRole('button', { name: 'Добавить поле', exact: true }).click();
    await add('camera', 'uuid');
    await page.getByRole('button', { name: 'Добавить поле', exact: true }).click();
    await add('speed', 'int');
    await field('Поле speed').getByLabel('Не меньше').fill('1');
    await field('Поле speed').getByLabel('Не больше').fill('400');
    const member = (name: string) => page.getByLabel(new RegExp(`^${name}`));
    for (const [name, expression] of [
      ['transport', 'plate'],
      ['camera_id', 'camera'],
      ['violation_id', 'what.id'],
      ['violation_value', "$string(speed) & 'km/h'"],
      ['skill_value', 'speed > 100 ? 2 : 1'],
      ['timestamp', '1704067200 +'],
    ] as const)
      await member(name).fill(expression);
    await page.getByRole('button', { name: 'Сохранить новой версией' }).click();
    await page.locator('[aria-invalid=true]:focus').waitFor();
    const bad = await page.evaluate<string[]>(
      `[...document.querySelectorAll('[aria-invalid=true]')].map(({ value }) => value)`,
    );
    assert.deepEqual(bad, ['(A', '1704067200 +']);
    await page.getByRole('alert').getByText('/fields/0/pattern').waitFor();
    await field('Поле plate').getByLabel('Шаблон').fill('[0-9A-Z]+');
    await member('timestamp').fill('1704067200');
    await page.getByRole('button', { name: 'Сохранить новой версией' }).click();
    await page.locator('h1:focus', { hasText: 'camerus4' }).waitFor();
    await settle(page);
    await checkAccess(page, 'the form of a type');
    const { body } = await world.admin.get<{ fields: unknown[] }>('/cameras/types/camerus4');
    assert.deepEqual(body.fields, [
      { key: 'plate', type: 'str', pattern: '[0-9A-Z]+' },
      { key: 'what', type: 'dict', fields: [{ key: 'id', type: 'uuid' }] },
      { key: 'camera', type: 'uuid' },
      { key: 'speed', type: 'int', ge: 1, le: 400 },
    ]);
    await page.getByRole('button', { name: 'Удалить этот тип' }).click();
    await page.getByRole('button', { name: 'Да, удалить' }).click();
    await page.getByRole('rowheader', { name: 'camerus1' }).waitFor();
    assert.equal(await page.getByRole('rowheader', { name: 'camerus4' }).count(), 0);
    checkQuiet();
    await context.close();
  });

  it('have types that are tried on stored cases, get versions, and go back to an earlier one', async () => {
    const caseId = await world.sendCase(await world.addCamera(), 10);
    const { page, checkQuiet, context } = await open('#/cameras/types/camerus1');
    await logInOn(page, 'marge');
    await page.getByRole('heading', { name: 'camerus1', level: 1 }).waitFor();
    const skill = page.getByRole('group', { name: 'Поле skill_value', exact: true });
    await skill.getByLabel('Не меньше').fill('2');
    await page.getByRole('button', { name: 'Проверить на сохранённых делах' }).click();
    await page.getByText('отвергла бы 1 из 1').waitFor();
    await page.getByRole('link', { name: caseId }).waitFor();
    await page.getByText('/skill_value').waitFor();
    await skill.getByLabel('Не меньше').fill('1');
    await skill.getByLabel('Не больше').fill('50');
    await page.getByRole('button', { name: 'Проверить на сохранённых делах' }).click();
    await page.getByText('приняла бы все проверенные записи: 1').waitFor();
    await page.getByRole('button', { name: 'Сохранить новой версией' }).click();
    await page.locator('.page-head').getByText('Действует версия 2.').waitFor();
    const versions = page.getByRole('table', { name: 'Версии' });
    await versions.getByRole('row', { name: /^2 .*marge/ }).waitFor();
    await page.getByRole('button', { name: 'Заполнить форму версией 1' }).click();
    assert.equal(await skill.getByLabel('Не больше').inputValue(), '100');
    await page.getByText('В виде JSON', { exact: true }).click();
    const json = page.getByLabel('Определение в виде JSON');
    const text = await json.inputValue();
    await json.fill(text.replace('"le": 100', '"le": 70'));
    await page.getByRole('button', { name: 'Заполнить форму отсюда' }).click();
    assert.equal(await skill.getByLabel('Не больше').inputValue(), '70');
    checkQuiet();
    await context.close();
  });

  it('are registered with a token that is shown once, changed, switched off and removed', async () => {
    const { page, checkQuiet, context, expect } = await open('#/cameras');
    expect(REFUSED);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await logInOn(page, 'marge');
    await page.getByText('Новая камера').click();
    const form = page.getByRole('form', { name: 'Новая камера' });
    await form.getByLabel('Описание').fill('мост');
    await form.getByLabel('Широта').fill('95');
    await form.getByLabel('Долгота').fill('37,6');
    await form.getByRole('button', { name: 'Зарегистрировать' }).click();
    await form.locator('[name=latitude][aria-invalid=true]').waitFor();
    assert.equal(await form.locator('[aria-invalid=true]').count(), 1);
    await form.getByLabel('Широта').fill('55.7');
    await form.getByRole('button', { name: 'Зарегистрировать' }).click();
    const token = await form.getByLabel('Токен').inputValue();
    assert.match(token, TOKEN);
    await form.getByRole('button', { name: 'Скопировать' }).click();
    await form.getByText('Скопировано.').waitFor();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), token);
    const row = page.getByRole('row', { name: /мост/ });
    await row.getByText('включена').waitFor();
    const id = (await row.locator('code').textContent()) ?? '';
    const sendAs = (asked: string, shade: number) =>
      sendForm(service.url, asked, {
        photo: picture(shade),
        metadata: JSON.stringify(recordFor('camerus1', id, world.violationId)),
      });
    assert.equal((await sendAs(token, 1)).status, 201);
    await row.getByRole('button', { name: 'Выключить камеру мост' }).click();
    await row.getByText('выключена').waitFor();
    assert.equal((await sendAs(token, 2)).status, 422);
    await row.getByRole('button', { name: 'Изменить камеру мост' }).click();
    const dialog = page.getByRole('dialog');
    await checkAccess(page, 'the dialog');
    await dialog.getByLabel('Описание').fill('мост, север');
    await dialog.getByLabel('Принимать дела').check();
    await dialog.getByRole('button', { name: 'Новый токен' }).click();
    const next = await dialog.getByLabel('Токен', { exact: true }).inputValue();
    assert.notEqual(next, token);
    await dialog.getByRole('button', { name: 'Сохранить' }).click();
    await page
      .getByRole('row', { name: /мост, север/ })
      .getByText('включена')
      .waitFor();
    assert.deepEqual([(await sendAs(token, 3)).status, (await sendAs(next, 3)).status], [401, 201]);
    // Cases of a camera are a step away, and keep it from being removed.
    await page.reload();
    await page
      .getByRole('row', { name: /мост, север/ })
      .getByRole('link', { name: '2' })
      .click();
    await page.getByRole('rowheader', { name: '1ABC2377' }).nth(1).waitFor();
    assert.match(page.url(), new RegExp(`#/cases\\?camera=${id}$`));
    checkQuiet();
    await context.close();
  });

  it('of no use are removed', async () => {
    await world.addCamera('лишняя');
    const { page, checkQuiet, context } = await open('#/cameras');
    await logInOn(page, 'marge');
    await page.getByRole('button', { name: 'Изменить камеру лишняя' }).click();
    await page.getByRole('button', { name: 'Удалить' }).click();
    await page.getByRole('button', { name: 'Да, удалить' }).click();
    await page.getByRole('row', { name: /лишняя/ }).waitFor({ state: 'detached' });
    checkQuiet();
    await context.close();
  });

  for (const [locale, options] of [
    ['ru-RU', { colorScheme: 'light', ...PHONE }],
    ['en-GB', { colorScheme: 'dark' }],
  ] as const) {
    it(`are for everybody, in ${locale} and ${options.colorScheme}, on a desk or a phone`, async () => {
      const { page, checkQuiet, context } = await open('#/cameras', { locale, ...options });
      await logInOn(page, 'marge');
      await checkViews(page, service.url, [
        '#/cameras',
        '#/cameras/types',
        '#/cameras/types/camerus2',
        '#/cameras/types-new',
      ]);
      checkQuiet();
      await context.close();
    });
  }
});
