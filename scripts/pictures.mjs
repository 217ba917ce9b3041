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
const { makePageWorld } = await import('../dist/test/support/traffic/page_world.js');
const { encode } = await import('fast-png');
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

/** A street with a car, as a camera sees it. */
function streetPhoto(shade) {
  const [width, height] = [960, 600];
  const data = new Uint8Array(width * height * 3);
  const paint = (left, top, right, bottom, colour) => {
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) data.set(colour(x, y), (y * width + x) * 3);
  };
  const flat = (red, green, blue) => () => [red, green, blue];
  paint(0, 0, width, 260, (_, y) => [150 + y / 4, 180 + y / 5, 205 + y / 8]);
  paint(0, 260, width, height, (x, y) => Array(3).fill(80 + ((x * 7 + y * 13) % 9)));
  for (let at = 40; at < width; at += 190) paint(at, 520, at + 110, 532, flat(225, 225, 215));
  paint(0, 170, 330, 260, (x) => [120 + (x % 40), 105, 95]);
  paint(330, 300, 690, 400, flat(shade, 60, 55));
  paint(400, 230, 620, 300, flat(shade - 25, 45, 45));
  paint(420, 242, 505, 298, flat(190, 215, 225));
  paint(515, 242, 600, 298, flat(190, 215, 225));
  for (const left of [380, 580]) paint(left, 375, left + 70, 430, flat(25, 25, 28));
  paint(335, 320, 365, 340, flat(250, 235, 170));
  paint(470, 372, 560, 396, flat(245, 245, 240));
  for (let i = 0; i < 8; i++) paint(478 + i * 10, 378, 484 + i * 10, 391, flat(30, 30, 40));
  return Buffer.from(encode({ width, height, channels: 3, data }));
}

/** Cameras, cases of some days, specialists who vote. Returns the name of one who has a case. */
async function makeTraffic() {
  const names = ['lisa', 'bart', 'maggie', 'homer'];
  const world = await makePageWorld(service, names);
  const cameras = [];
  for (const place of ['Lenin square, towards the bridge', 'Station road 12', 'North ring, km 7'])
    cameras.push(await world.addCamera(place));
  let shade = 120;
  for (const [place, count] of [9, 5, 3].entries())
    for (let i = 0; i < count; i++) {
      const datetime = new Date(Date.UTC(2026, 10, 20 + ((i * 5 + place) % 7), 9 + i, 12)).toISOString();
      const changes = { datetime, transport_numbers: String(100 + shade), violation_value: `${62 + i * 4}km/h` };
      await world.sendCase(cameras[place], shade, changes, streetPhoto(shade++));
    }
  for (let turn = 0; turn < 14; turn++)
    for (const [place, name] of names.slice(0, 3).entries()) {
      const caller = world.specialists.get(name);
      if ((await caller.get('/specs/get-case')).status !== 200) continue;
      await caller.send('POST', '/specs/vote', {
        vote: (turn + (turn === 3 ? place : 0)) % 4 === 0 ? 'justify' : 'convict',
      });
    }
  return 'homer';
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
const specialist = await makeTraffic();
await picture('page-vote', {
  hash: '#/vote',
  username: specialist,
  locale: 'en-GB',
  viewport: WIDE,
  until: ['.vote-photo img'],
});
await picture('page-statistics', {
  hash: '#/cases/statistics',
  username: 'marge',
  locale: 'en-GB',
  viewport: WIDE,
  until: ['canvas'],
});
await browser.close();
await service.stop();
