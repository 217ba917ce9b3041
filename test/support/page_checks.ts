import assert from 'node:assert/strict';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { until } from './until.js';

/** Elements of the page without an accessible name, one per line. */
const UNNAMED = `(() => {
  const textOf = (ids) => ids.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
  const nameOf = (element) =>
    (element.getAttribute('aria-label') ?? '') ||
    (element.getAttribute('alt') ?? '') ||
    textOf(element.getAttribute('aria-labelledby') ?? '') ||
    [...(element.labels ?? [])].map((label) => label.textContent).join(' ') ||
    (['INPUT', 'SELECT', 'TEXTAREA', 'PROGRESS', 'CANVAS', 'NAV', 'SECTION', 'FORM', 'DIALOG'].includes(element.tagName) ? '' : element.textContent);
  const faults = [];
  for (const element of document.querySelectorAll('a, button, input, select, textarea, canvas, img, dialog, progress, nav, section, form, [role=region]')) {
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

/** A narrow phone. */
export const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

/** Waits until a view is there and has loaded what it shows. */
export async function settle(page: Page): Promise<void> {
  await page.locator('main h1').waitFor();
  await until('all is loaded', async () => (await page.locator('.loading').count()) === 0);
}

/** Everything has a name for screen readers, and every text stands out from its ground. */
export async function checkAccess(page: Page, what = ''): Promise<void> {
  assert.deepEqual(await page.evaluate(UNNAMED), [], what);
  assert.deepEqual(await page.evaluate(FAINT), [], what);
}

/** Nothing but tables is wider than the screen. */
export async function checkWidth(page: Page, what = ''): Promise<void> {
  // A phone's browser widens what it calls its client area with the content.
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(width <= (page.viewportSize()?.width ?? 0), `${what}: ${width} pixels wide`);
}

/** Opens each view of a part and asserts checkAccess and checkWidth of it. `url`: of the service. */
export async function checkViews(page: Page, url: string, hashes: readonly string[]): Promise<void> {
  for (const hash of hashes) {
    await page.goto(`${url}/${hash}`);
    await settle(page);
    await checkAccess(page, hash);
    await checkWidth(page, hash);
  }
}
