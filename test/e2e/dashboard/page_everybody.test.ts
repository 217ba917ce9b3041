import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkAccess, checkWidth, PHONE, settle } from '../../support/page_checks.js';
import { usePages } from '../../support/page_suite.js';

describe('the page is for everybody', () => {
  const { open, sample } = usePages();

  const views = async () => {
    const importId = await sample(60, 20);
    const other = await sample(60, 20, 5);
    return [
      '',
      `#/imports/${importId}`,
      `#/imports/${importId}/citizens`,
      `#/compare?before=${importId}&after=${other}`,
    ];
  };

  for (const [locale, colorScheme] of [
    ['ru-RU', 'light'],
    ['en-GB', 'dark'],
  ] as const) {
    it(`in ${locale} and ${colorScheme}: everything has a name, every text stands out from its ground`, async () => {
      for (const hash of await views()) {
        const { page, checkQuiet, context } = await open(hash, { locale, colorScheme });
        await settle(page);
        await checkAccess(page, hash);
        assert.equal(await page.locator('html').getAttribute('lang'), locale.slice(0, 2));
        checkQuiet();
        await context.close();
      }
    });
  }

  it('a citizen that is being changed too', async () => {
    const { page, context } = await open(`#/imports/${await sample(5, 0)}/citizens`);
    await page.getByRole('button', { name: 'Изменить жителя 1' }).click();
    await page.getByRole('form', { name: 'Житель 1' }).waitFor();
    await checkAccess(page);
    await context.close();
  });

  it('speaks the language of the browser until another is chosen, and remembers that', async () => {
    const { page, checkQuiet, context } = await open('', { locale: 'en-US' });
    await page.getByRole('heading', { name: 'Imports', level: 1 }).waitFor();
    await page.getByLabel('Language').selectOption('ru');
    await page.getByRole('heading', { name: 'Выгрузки', level: 1 }).waitFor();
    assert.equal(await page.title(), 'Выгрузки · Сводка');
    await page.reload();
    await page.getByRole('heading', { name: 'Выгрузки', level: 1 }).waitFor();
    checkQuiet();
    await context.close();
  });

  it('is as light or dark as the system until something else is chosen, and remembers that', async () => {
    const { page, checkQuiet, context } = await open('', { colorScheme: 'dark' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    await settle(page);
    const dark = await ground();
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('html[data-theme=light]').waitFor();
    assert.notEqual(await ground(), dark);
    await page.getByLabel('Оформление').selectOption('dark');
    await page.locator('html[data-theme=dark]').waitFor();
    await page.reload();
    await page.locator('html[data-theme=dark]').waitFor();
    assert.equal(await ground(), dark);
    checkQuiet();
    await context.close();
  });

  it('fits a phone: nothing but tables is wider than the screen', async () => {
    for (const hash of await views()) {
      const { page, context } = await open(hash, PHONE);
      await settle(page);
      await checkWidth(page, hash);
      await context.close();
    }
  });

  it('needs no mouse: to the content, into an import, a change, and back where it began', async () => {
    const importId = await sample(5, 0);
    const { page, checkQuiet, context } = await open(`#/imports/${importId}`);
    await settle(page);
    const focused = () => page.locator(':focus');
    await page.keyboard.press('Tab');
    assert.equal(await focused().textContent(), 'Перейти к содержанию');
    await page.keyboard.press('Enter');
    await page.locator('main:focus').waitFor();
    const tabTo = async (name: RegExp) => {
      for (let step = 0; step < 60; step++) {
        await page.keyboard.press('Tab');
        const element = focused();
        const text = `${(await element.getAttribute('aria-label')) ?? ''} ${(await element.textContent()) ?? ''}`;
        if (name.test(text)) return;
      }
      assert.fail(`the Tab key does not come to ${name}`);
    };
    await tabTo(/Жители/);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Изменить жителя 2' }).waitFor();
    await tabTo(/Изменить жителя 2/);
    await page.keyboard.press('Enter');
    await page.getByRole('form', { name: 'Житель 2' }).getByLabel('Имя').and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('Новое имя');
    await page.keyboard.press('Enter');
    await page.getByRole('rowheader', { name: 'Новое имя' }).waitFor();
    await page.getByRole('status').getByText('Житель 2 сохранён.').waitFor({ state: 'attached' });
    await page.locator('#edit-2:focus').waitFor();
    checkQuiet();
    await context.close();
  });

  it('takes the focus to the heading of each view that somebody goes to', async () => {
    const { page, context } = await open();
    await settle(page);
    await page.getByRole('link', { name: 'Сравнение' }).click();
    await page.locator('h1:focus', { hasText: 'Сравнение двух выгрузок' }).waitFor();
    await page.goBack();
    await page.locator('h1:focus', { hasText: 'Выгрузки' }).waitFor();
    await context.close();
  });
});
