import assert from 'node:assert/strict';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** A page under watch. */
export type WatchedPage = {
  page: Page;
  context: BrowserContext;
  /** Fails when the page complained on its console, threw, or asked another host for anything. */
  checkQuiet(): void;
  /** Complaints that match are expected: the browser's own line about an answer of 400 or 412. */
  expect(pattern: RegExp): void;
};

/** Debian's Chromium. Its sandbox needs rights that root in a container does not have, and it sees our own pages alone. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/** A page of its own, in Russian unless said otherwise, that has not been here before. */
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
