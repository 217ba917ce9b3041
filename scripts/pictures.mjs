// `npm run pictures`: takes the screenshots of the page in docs/, with samples in a service of their own.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
const { logInOn } = await import('../dist/test/support/page_suite.js');
const { addUser, callerWith, readAdminToken } = await import('../dist/test/support/users.js');
const { rpcCaller } = await import('../dist/test/support/http/rpc.js');
const { makeCitizens } = await import('../dist/app/census/demo/citizens.js');

const service = await startService({ env: { SVODKA_EXECUTORS: '1' } });
const importId = await postImport(service.url, makeCitizens(10_000, 6_000));
await postImport(service.url, makeCitizens(2_500, 1_000, 7));
const browser = await launchBrowser();

async function picture(name, { hash, username, until, ...options }) {
  const { page, context } = await openPage(browser, `${service.url}/${hash}`, options);
  if (username !== undefined) await logInOn(page, username);
  for (const selector of until) await page.locator(selector).last().waitFor();
  // Charts are drawn in the next frame.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const path = join(projectDir, 'docs', `${name}.png`);
  await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  await context.close();
  process.stdout.write(`${path}\n`);
}

/** A picture that render.scene has made. Returns its task's id. */
async function makeTask(rpc) {
  const args = { width: 640, height: 300, samples: 16 };
  const { id } = await rpc.call('engine.create', { script: 'render.scene', name: 'The cover of the report', args });
  await rpc.call('engine.result', { task_id: id, wait_s: 60 });
  return id;
}

/** A workflow in its second run. Returns its names. */
async function makeWorkflow(rpc) {
  const names = { project: 'plant 7', workflow: 'nightly analysis' };
  const tasks = [
    ['collect', 'parallel', '5'],
    ['clean', 'await', '1'],
    ['analyse', 'await', '2'],
    ['report', 'await', '3'],
  ].map(([name, exec, seconds]) => ({ name, exec, function: 'simple', params: [seconds] }));
  const project = { name: names.project, workflows: [{ name: names.workflow, tasks }] };
  await rpc.call('workflow.create', { context: { project } });
  for (const isLast of [false, true]) {
    await rpc.call('workflow.run', names);
    while (!isLast && (await rpc.call('workflow.status', names)).status === 'running') await sleep(200);
  }
  return names;
}

const overview = { hash: `#/imports/${importId}`, until: ['canvas'] };
await picture('page-light', { ...overview, locale: 'en-GB', viewport: WIDE });
await picture('page-dark', { ...overview, locale: 'ru-RU', viewport: WIDE, colorScheme: 'dark' });
await picture('page-phone', { ...overview, locale: 'ru-RU', viewport: PHONE, deviceScaleFactor: 2 });

const username = 'burns';
const admin = callerWith(service.url, readAdminToken(service.dataDir));
const rpc = rpcCaller(service.url, (await addUser(service.url, admin, username, ['operator'])).token);
const operators = { username, locale: 'en-GB', viewport: WIDE };
await picture('page-task', { hash: `#/tasks/${await makeTask(rpc)}`, until: ['.picture'], ...operators });
const { project, workflow } = await makeWorkflow(rpc);
const workflowHash = `#/workflows/${encodeURIComponent(project)}/${encodeURIComponent(workflow)}`;
const hasBegun = ['.bars li:nth-child(4) .bar-success', '.live-on', '.note p:nth-child(2)'];
await picture('page-workflow', { hash: workflowHash, until: hasBegun, ...operators });
await browser.close();
await service.stop();
