import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { makeFolder } from '../../support/folder.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { usePages } from '../../support/page_suite.js';

const CITIZENS = IS_NIGHTLY ? 1_000_000 : 20_000;
const CHUNK = 10_000;
/** The whole list of 1,000,000 citizens would be 200 MB. */
const MAX_BYTES = 5 * 1024 * 1024;
const PATIENCE_MS = 180_000;

async function writeLines(path: string): Promise<void> {
  const file = createWriteStream(path);
  for (let start = 0; start < CITIZENS; start += CHUNK) {
    const lines = makeCitizens(CHUNK, 0, start + 1).map((one) =>
      JSON.stringify({ ...one, citizen_id: start + one.citizen_id }),
    );
    if (!file.write(`${lines.join('\n')}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

describe(`the page with an import of ${CITIZENS} citizens`, () => {
  const { open } = usePages({ env: { SVODKA_MEMTX_MEMORY: String(2 * 1024 ** 3) } });

  it('takes the file, shows its statistics and pages of its citizens, and never asks for all of them', async () => {
    const path = join(makeFolder(), 'large.ndjson');
    await writeLines(path);
    const { page, checkQuiet, context } = await open();
    let bytes = 0;
    page.on('response', (response) => {
      if (!response.url().includes('/page/')) bytes += Number(response.headers()['content-length'] ?? 0);
    });
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByRole('link', { name: /Открыть выгрузку/ }).click({ timeout: PATIENCE_MS });
    const towns = page.getByRole('region', { name: 'Возраст по городам' }).first();
    await towns.getByText('Городов: 8').waitFor({ timeout: PATIENCE_MS });
    await page.getByRole('img', { name: /Подарков нет/ }).waitFor({ timeout: PATIENCE_MS });
    await page.getByRole('link', { name: 'Жители' }).click();
    await page.getByRole('cell', { name: '50', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Дальше' }).click();
    await page.getByRole('cell', { name: '51', exact: true }).waitFor();
    assert.ok(bytes < MAX_BYTES, `${bytes} bytes came`);
    checkQuiet();
    await context.close();
  });
});
