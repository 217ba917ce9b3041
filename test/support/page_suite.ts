import { after, before } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { makeCitizens } from '../../app/census/demo/citizens.js';
import { launchBrowser, openPage, type WatchedPage } from './browser.js';
import { postImport } from './http/http.js';
import type { ServiceOptions } from './service.js';
import { useService } from './suite.js';
import { PASSWORD } from './users.js';

/** A service and a browser for the calling suite; each test closes and checks the pages it opens. */
export function usePages(options: ServiceOptions = {}) {
  const service = useService(options);
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());
  return {
    service,
    open: (hash = '', options: BrowserContextOptions = {}): Promise<WatchedPage> =>
      openPage(browser, `${service.url}/${hash}`, options),
    /** An import of the sample with this many citizens. */
    sample: (count = 200, pairs = 100, seed = 1) => postImport(service.url, makeCitizens(count, pairs, seed)),
  };
}

/** Fills in the form for logging in, in either language, and waits until the user is in. */
export async function logInOn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByLabel(/^(Имя|Name)$/).fill(username);
  await page.getByLabel(/^(Пароль|Password)$/).fill(password);
  await page.getByLabel(/^(Пароль|Password)$/).press('Enter');
  await page.getByRole('button', { name: /^(Выйти|Log out)$/ }).waitFor();
}
