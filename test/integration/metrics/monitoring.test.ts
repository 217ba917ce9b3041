import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { ERRORS } from '../../../app/errors.js';
import { citizen } from '../../support/census/citizens.js';
import { projectDir } from '../../support/folder.js';
import { postImport, request, sendJson } from '../../support/http/http.js';
import { type Metrics, readMetrics } from '../../support/metrics.js';
import { useService } from '../../support/suite.js';

const folder = join(projectDir, 'docs', 'monitoring');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const rules = read('svodka.rules.yml');
const operations = readFileSync(join(projectDir, 'docs', 'operations.md'), 'utf8');

type Target = { expr?: string; url?: string; columns?: { selector: string; type: string }[] };
type Panel = { id: number; type: string; targets?: Target[] };
type Dashboard = { panels: Panel[]; templating: { list: { query: unknown }[] } };
const operationsDashboard: Dashboard = JSON.parse(read('grafana-operations.json'));
const trafficDashboard: Dashboard = JSON.parse(read('grafana-traffic.json'));
const importsDashboard: Dashboard = JSON.parse(read('grafana-imports.json'));

/** Metric names in a PromQL expression that come from the service or prom-client. */
function metricsIn(text: string): string[] {
  return [...text.matchAll(/\b((?:svodka|nodejs|process)_\w+)\b/g)].map(([, name]) => name as string);
}

/** The headers that Grafana's data source Infinity sends when it requests JSON. */
const INFINITY = { Accept: 'application/json;q=0.9,text/plain' };
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** The variable of the dashboard. */
const IMPORT = /\$\{import\}/;
const REPLICATION = /^svodka_tarantool_(up|down)stream_/;
/** Of a router alone. */
const OF_ROUTER = /^svodka_(?:set|router)_/;

describe('what comes with the monitoring', () => {
  const service = useService();
  let metrics: Metrics;
  let importId: number;
  before(async () => {
    importId = await postImport(service.url, [citizen(1), citizen(2)]);
    await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/1`, { apartment: 2 });
    metrics = await readMetrics(service.url);
  });

  it('names metrics that a running service tells of, in alarms and dashboards', () => {
    const told = new Set(metrics.samples.map(({ name }) => name));
    const panels = [...operationsDashboard.panels, ...trafficDashboard.panels];
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr ?? ''));
    const named = new Set([...metricsIn(rules), ...expressions.flatMap(metricsIn)]);
    assert.ok(named.size > 30);
    // A single Tarantool has no replication metrics.
    const missing = [...named].filter((name) => !told.has(name) && !REPLICATION.test(name));
    assert.deepEqual(missing, []);
    const source = readFileSync(join(projectDir, 'app', 'metrics', 'tarantool_metrics.ts'), 'utf8');
    for (const name of [...named].filter((each) => REPLICATION.test(each)))
      assert.ok(source.includes(`'${name}'`), name);
  });

  it('is described in docs/operations.md, each metric of the service', () => {
    // Ansible variables and the executors' database user share this prefix.
    const withoutOthers = operations
      .replaceAll(/^## (?:By Ansible|Past one machine)\n.*?(?=^## )/gms, '')
      .replace(/^<!-- settings: \w+ -->\n.*?^<!-- end -->$/gms, '');
    const described = [...withoutOthers.matchAll(/`(svodka_\w+)(\*?)`/g)];
    const isDescribed = (name: string) =>
      described.some(([, start = '', star]) => (star === '*' ? name.startsWith(start) : name === start));
    const own = [...metrics.types.keys()].filter((name) => name.startsWith('svodka_'));
    const routerMetrics = readFileSync(join(projectDir, 'app', 'metrics', 'router_metrics.ts'), 'utf8');
    assert.ok(own.length > 40);
    assert.deepEqual(
      own.filter((name) => !isDescribed(name)),
      [],
    );
    const isTold = ([, start = '', star]: RegExpExecArray) =>
      own.some((name) => (star === '*' ? name.startsWith(start) : name === start)) ||
      REPLICATION.test(start) ||
      (OF_ROUTER.test(start) && routerMetrics.includes(`'${start}'`));
    assert.deepEqual(
      described.filter((match) => !isTold(match)).map(([whole]) => whole),
      [],
    );
  });

  it('filters by labels and codes that there are', () => {
    const all = rules + read('grafana-operations.json').replaceAll('\\"', '"');
    for (const [, code] of all.matchAll(/\bcode="(\w+)"/g)) assert.ok((code as string) in ERRORS, code);
    for (const [, label, value] of all.matchAll(/\b(outcome|state|result|procedure)!?=~?"([\w.|]+)"/g)) {
      for (const one of (value as string).split('|')) {
        const isCall = one === 'svodka.imports.changes';
        const isThere = metrics.samples.some(({ labels }) => labels[label as string] === one);
        assert.ok(isThere || isCall, `${label}="${one}"`);
      }
    }
  });

  it('asks the API for paths that OpenAPI has, and for columns that are in the answers', async () => {
    const { paths } = (await request<{ paths: object }>(`${service.url}/openapi.json`)).body;
    const targets = importsDashboard.panels.flatMap((panel) => panel.targets ?? []);
    assert.ok(targets.length >= 5);
    for (const { url = '', columns = [] } of targets) {
      const [path = ''] = url.replace(IMPORT, '{import_id}').split('?');
      assert.ok(path in paths, path);
      const answer = await request<{ data: Record<string, unknown>[] }>(
        service.url + url.replace(IMPORT, String(importId)),
        { headers: INFINITY },
      );
      assert.equal(answer.status, 200, `${url}: ${answer.text}`);
      const [row = {}] = answer.body.data;
      for (const { selector, type } of columns) {
        assert.ok(selector in row, `${selector} in ${url}`);
        if (type === 'timestamp') assert.match(String(row[selector]), ISO_TIME);
        if (type === 'number') assert.equal(typeof row[selector], 'number');
      }
    }
  });
});

describe('the dashboards', () => {
  for (const [name, { panels }] of Object.entries({ operationsDashboard, importsDashboard })) {
    it(`${name}: each panel has a number of its own and, when it is no heading, a question`, () => {
      assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
      for (const { id, type, targets = [] } of panels) assert.ok(type === 'row' || targets.length > 0, `panel ${id}`);
    });
  }
});

describe('the alarms', () => {
  const names = [...rules.matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name]) => name as string);

  it('have a heading each in docs/operations.md, which they lead to, and there is none of an alarm that is no more', () => {
    assert.ok(names.length >= 20);
    const runbooks = [...rules.matchAll(/runbook: docs\/operations\.md#(\w+)$/gm)].map(([, anchor]) => anchor);
    assert.deepEqual(
      runbooks,
      names.map((name) => name.toLowerCase()),
    );
    const headings = [...operations.matchAll(/^### (Svodka\w+)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(headings, names);
  });

  it('have a test each', () => {
    const tested = [...read('svodka.rules.test.yml').matchAll(/^ {2}- name: (Svodka\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(tested, names);
  });

  const promtool = process.env['PROMTOOL_BIN'] ?? 'promtool';
  const hasPromtool = spawnSync(promtool, ['--version']).status === 0;
  it('are quiet while all is well and heard when it is not, as promtool says', {
    skip: !hasPromtool && 'promtool is not installed (Debian: prometheus)',
  }, () => {
    for (const args of [
      ['check', 'rules', 'svodka.rules.yml'],
      ['test', 'rules', 'svodka.rules.test.yml'],
    ]) {
      const { status, stdout, stderr } = spawnSync(promtool, args, { cwd: folder, encoding: 'utf8' });
      assert.equal(status, 0, `${stdout}${stderr}`);
    }
  });
});
