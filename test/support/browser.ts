import assert from 'node:assert/strict';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** A page whose console and requests are monitored. */
export type WatchedPage = {
  page: Page;
  context: BrowserContext;
  /** Fails if the page logged an error, threw, or sent a request to another host. */
  checkQuiet(): void;
  /** Errors that match are expected: the browser's own message about a 400 or 412. */
  expect(pattern: RegExp): void;
};

/** Debian's Chromium. Its sandbox needs rights that root lacks in a container; it loads only our own pages. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/** A new page without stored state, in Russian by default. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'ru-RU', colorScheme: 'light', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const expected: RegExp[] = [];
  const origin = new URL(url).origin;
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const target = new URL(request.url());
    if (target.origin !== origin && target.protocol !== 'blob:') complaints.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return {
    page,
    context,
    expect: (pattern) => expected.push(pattern),
    checkQuiet() {
      assert.deepEqual(
        complaints.filter((complaint) => !expected.some((pattern) => pattern.test(complaint))),
        [],
      );
    },
  };
}
