import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { launchBrowser, openPage } from '../../support/browser.js';
import { listCitizens } from '../../support/census/citizens.js';
import { postImport, request } from '../../support/http/http.js';
import { noNginx, startNginx } from '../../support/nginx.js';
import { useService } from '../../support/suite.js';

/** Compresses the service's answers, which makes each ETag weak. */
const GZIP = 'gzip on; gzip_types application/json; gzip_proxied any; gzip_min_length 0;';

describe('the page behind nginx', { skip: noNginx }, () => {
  const service = useService();
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const inFront = (settings: string) => `${settings} location / { proxy_pass ${service.url}; proxy_http_version 1.1; }`;

  async function editTown(url: string, importId: number) {
    const watched = await openPage(browser, `${url}/#/imports/${importId}/citizens`);
    await watched.page.getByRole('button', { name: 'Изменить жителя 3' }).click();
    const form = watched.page.getByRole('form', { name: 'Житель 3' });
    await form.getByLabel('Город').fill('Керчь');
    await form.getByRole('button', { name: 'Сохранить' }).click();
    return { ...watched, form };
  }
  const townOf = async (importId: number) =>
    (await listCitizens(service.url, importId)).find(({ citizen_id }) => citizen_id === 3)?.town;

  it('saves a citizen though compression made the ETag weak', async () => {
    const nginx = await startNginx(inFront(GZIP));
    try {
      const importId = await postImport(service.url, makeCitizens(20, 0));
      const weak = await request(`${nginx.url}/imports/${importId}/citizens/3`);
      assert.match(weak.headers.get('ETag') ?? '', /^W\/"/);
      const { form, context, checkQuiet } = await editTown(nginx.url, importId);
      await form.waitFor({ state: 'detached' });
      assert.equal(await townOf(importId), 'Керчь');
      checkQuiet();
      await context.close();
    } finally {
      await nginx.stop();
    }
  });

  it('says so when a proxy answers an upload in place of the service', async () => {
    const nginx = await startNginx(
      inFront('location = /imports { if ($request_method = POST) { return 200 "<p>Log in"; } }'),
    );
    try {
      const { page, context } = await openPage(browser, nginx.url);
      const buffer = Buffer.from(JSON.stringify({ citizens: makeCitizens(2, 0) }));
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 'citizens.json', mimeType: 'application/json', buffer });
      await page.getByRole('alert').filter({ hasText: 'HTTP 200' }).waitFor();
      await context.close();
    } finally {
      await nginx.stop();
    }
  });

  it('says so when a citizen cannot be saved, whoever spoils the ETag', async () => {
    const nginx = await startNginx(inFront('proxy_set_header If-Match \'"spoiled"\';'));
    try {
      const importId = await postImport(service.url, makeCitizens(20, 0));
      const { form, context } = await editTown(nginx.url, importId);
      await form.getByRole('alert').filter({ hasText: 'Данные успели измениться' }).waitFor();
      assert.equal(await form.getByLabel('Город').inputValue(), 'Керчь', 'what was written stays');
      assert.notEqual(await townOf(importId), 'Керчь');
      await context.close();
    } finally {
      await nginx.stop();
    }
  });
});
