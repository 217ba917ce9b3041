import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { usePages } from '../../support/page_suite.js';
import { until } from '../../support/until.js';

/** Elements of the page without an accessible name, one per line. */
const UNNAMED = `(() => {
  const textOf = (ids) => ids.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
  const nameOf = (element) =>
    (element.getAttribute('aria-label') ?? '') ||
    textOf(element.getAttribute('aria-labelledby') ?? '') ||
    [...(element.labels ?? [])].map((label) => label.textContent).join(' ') ||
    (['INPUT', 'SELECT', 'PROGRESS', 'CANVAS', 'NAV', 'SECTION', 'FORM'].includes(element.tagName) ? '' : element.textContent);
  const faults = [];
  for (const element of document.querySelectorAll('a, button, input, select, canvas, progress, nav, section, form, [role=region]')) {
    if (nameOf(element).trim() === '') faults.push('without a name: ' + element.outerHTML.slice(0, 120));
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('twice: #' + id);
  for (const table of document.querySelectorAll('table')) {
    if (!table.querySelector('th[scope=col]')) faults.push('a table without heads: ' + table.outerHTML.slice(0, 120));
  }
  for (const one of ['main', 'h1', 'header nav', '[aria-live=polite]']) {
    if (document.querySelectorAll(one).length !== 1) faults.push('not once: ' + one);
  }
  if (document.documentElement.lang === '') faults.push('no language');
  const levels = [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => Number(tagName[1]));
  levels.forEach((level, place) => {
    if (level > (levels[place - 1] ?? 0) + 1) faults.push('a level of headings is left out');
  });
  return faults;
})()`;

/** Texts with a contrast below 4.5 (WCAG 2.1, 1.4.3), or below 3 if they are large. */
const FAINT = `(() => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (colour) => {
    const [red, green, blue] = numbers(colour).map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
    const style = getComputedStyle(element);
    if (!hasText || !element.checkVisibility() || element.matches(':disabled, .for-readers, .for-readers *, option')) continue;
    const [one, other] = [light(style.color), light(groundOf(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const isLarge = parseFloat(style.fontSize) >= 24;
    if (contrast < (isLarge ? 3 : 4.5)) faint.add(contrast.toFixed(2) + ' ' + element.textContent.trim().slice(0, 40));
  }
  return [...faint];
})()`;

describe('the page is for everybody', () => {
  const { open, sample } = usePages();

  async function settle(page: Page): Promise<void> {
    await page.locator('main h1').waitFor();
    await until('all is loaded', async () => (await page.locator('.loading').count()) === 0);
  }

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
        assert.deepEqual(await page.evaluate(UNNAMED), [], hash);
        assert.deepEqual(await page.evaluate(FAINT), [], hash);
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
    assert.deepEqual([await page.evaluate(UNNAMED), await page.evaluate(FAINT)], [[], []]);
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
      const { page, context } = await open(hash, {
        viewport: { width: 360, height: 740 },
        isMobile: true,
        hasTouch: true,
      });
      await settle(page);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.equal(width, 360, hash);
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
