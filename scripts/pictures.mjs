// `npm run pictures`: takes the screenshots of the page in docs/, with a sample import in a service of their own.

import { join } from 'node:path';
import { build, ensureChromium, ensurePackages, ensureTarantool, projectDir } from './prepare.mjs';

const WIDE = { width: 1280, height: 1000 };
const PHONE = { width: 390, height: 844 };

ensurePackages();
process.env.SVODKA_TARANTOOL_BIN = await ensureTarantool();
process.env.CHROMIUM_BIN = await ensureChromium();
build();
const { startService } = await import('../dist/test/support/service.js');
const { postImport } = await import('../dist/test/support/http/http.js');
const { launchBrowser, openPage } = await import('../dist/test/support/browser.js');
const { makeCitizens } = await import('../dist/app/census/demo/citizens.js');

const service = await startService();
const importId = await postImport(service.url, makeCitizens(10_000, 6_000));
await postImport(service.url, makeCitizens(2_500, 1_000, 7));
const browser = await launchBrowser();

async function picture(name, { hash, ...options }) {
  const { page, context } = await openPage(browser, `${service.url}/${hash}`, options);
  await page.locator('#presents-title').or(page.locator('#citizens-title')).or(page.locator('.drop')).first().waitFor();
  await page.locator('canvas').last().or(page.locator('tbody tr').first()).or(page.locator('.drop')).first().waitFor();
  // Charts are drawn in the next frame.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const path = join(projectDir, 'docs', `${name}.png`);
  await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  await context.close();
  process.stdout.write(`${path}\n`);
}

const overview = `#/imports/${importId}`;
await picture('page-light', { hash: overview, locale: 'en-GB', viewport: WIDE });
await picture('page-dark', { hash: overview, locale: 'ru-RU', viewport: WIDE, colorScheme: 'dark' });
await picture('page-phone', { hash: overview, locale: 'ru-RU', viewport: PHONE, deviceScaleFactor: 2 });
await browser.close();
await service.stop();
