import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fromLua, LUA_ERRORS } from '../../../app/db/errors.js';
import { ERRORS, ServiceError } from '../../../app/errors.js';
import { COMMON, WINGS } from '../../../app/wings.js';
import { projectDir } from '../../support/folder.js';

function read(...path: string[]): string {
  return readFileSync(join(projectDir, ...path), 'utf8');
}

/** The first group of every match, sorted and unique. */
function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name]) => name as string))].sort();
}

function sourcesBelow(folder: string, ending: string, but?: RegExp): string {
  return readdirSync(join(projectDir, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending) && but?.test(file) !== true)
    .map((file) => read(folder, file))
    .join('\n');
}

const app = sourcesBelow('app', '.ts');
// Excludes the tests of Lua, which raise codes of their own.
const lua = sourcesBelow('tarantool', '.lua', /^test\//);
const docs = read('docs', 'errors.md');
/** The text of docs/errors.md under a second-level heading. */
function section(title: string): string {
  return docs.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

const luaCodes = found(
  /M\.CODES = \{(.*?)\n\}/s.exec(read('tarantool', 'lib', 'errors.lua'))?.[1] ?? '',
  /^ {4}(\w+) =/gm,
);
const httpCodes = Object.keys(ERRORS).sort();

describe('the codes of the API', () => {
  it('have a section in docs/errors.md each, and no section is of a code that is no more', () => {
    assert.deepEqual(found(docs, /^## ([A-Z0-9_]+)$/gm), httpCodes);
  });

  for (const [code, { status }] of Object.entries(ERRORS)) {
    it(`${code} is described with its status, ${status}, which the table of statuses has too`, () => {
      assert.match(section(code), new RegExp(`^Status ${status}\\.`, 'm'));
      assert.match(section('Statuses'), new RegExp(`^\\|[ \\d,]*\\b${status}\\b`, 'm'));
    });
  }

  it('are each used by the service', () => {
    const fromTarantool = Object.entries(ERRORS).flatMap(([code, kind]) => ('lua' in kind ? [code] : []));
    const unused = httpCodes.filter((code) => !fromTarantool.includes(code) && !new RegExp(`'${code}'`).test(app));
    assert.deepEqual(unused, []);
  });

  it('have one JSON-RPC code for one kind of refusal, as their HTTP status says', () => {
    const codes = new Map<number, Set<number>>();
    for (const { status, rpcCode } of Object.values(ERRORS)) {
      codes.set(status, (codes.get(status) ?? new Set()).add(rpcCode));
    }
    const told = (status: number) => [...(codes.get(status) ?? [])];
    // A body that is not JSON at all has a code of its own.
    assert.deepEqual(told(400).sort(), [-32602, -32700]);
    assert.deepEqual([...new Set([401, 403].flatMap(told))], [-32001]);
    assert.deepEqual(told(404), [-32004]);
    assert.deepEqual(told(409), [-32009]);
    assert.deepEqual(told(429), [-32029]);
    assert.deepEqual([...new Set([503, 507].flatMap(told))], [-32003]);
    assert.deepEqual(told(500), [-32603]);
  });

  it('come from a code of Tarantool in one way alone', () => {
    const plain = Object.values(ERRORS).flatMap((kind) => ('lua' in kind ? Object.keys(kind.lua) : []));
    assert.equal(new Set(plain).size, plain.length);
    assert.ok(plain.length > 20);
    for (const kind of Object.values(ERRORS)) {
      if (!('lua' in kind)) continue;
      for (const [code, detail] of Object.entries(kind.lua)) assert.equal(fromLua(code, undefined).message, detail);
    }
  });

  it('lead to their sections: the heading makes the fragment of the type', () => {
    for (const code of httpCodes) assert.match(code, /^[A-Z]+(_[A-Z0-9]+)*$/);
  });
});

describe('the codes of broken rules', () => {
  const described = found(section('Broken rules'), /^### (\w+)$/gm);
  // Codes outside ERRORS: `code: 'X'` in the tables of the schemas, in the rules and in what Lua returns.
  const used = found(app, /\bcode: '([A-Z_]+)'/g).filter((code) => !(code in ERRORS));

  it('that the service uses are described in docs/errors.md, and no others', () => {
    assert.ok(used.length >= 15);
    assert.deepEqual(described, used);
  });

  it('are no codes of the API: each has one meaning', () => {
    assert.deepEqual(
      described.filter((code) => code in ERRORS),
      [],
    );
  });
});

describe('the codes of the procedures', () => {
  it('are mapped to errors of the API, all of them and no others', () => {
    assert.ok(luaCodes.length >= 5);
    assert.deepEqual(Object.keys(LUA_ERRORS).sort(), luaCodes);
  });

  it('are in the table of docs/errors.md, with what becomes of them', () => {
    const rows = section('Codes inside the service').matchAll(/^\| `(\w+)`.*\|([^|]+)\|$/gm);
    const told = [...rows].map(([, code, becomes]) => ({ code: code as string, becomes: becomes as string }));
    assert.deepEqual(told.map(({ code }) => code).sort(), luaCodes);
    for (const { code, becomes } of told) {
      const { code: apiCode } = fromLua(code, undefined);
      assert.ok(becomes.includes(`\`${apiCode}\``), `${code} becomes ${apiCode}, the table says ${becomes}`);
    }
  });

  it('are raised under names that are in the list', () => {
    const raised = found(lua, /errors\.raise\(\s*'(\w+)'/g);
    assert.ok(raised.length > 0);
    assert.deepEqual(
      raised.filter((code) => !luaCodes.includes(code)),
      [],
    );
  });

  const strange: [code: string | number | null, reason: string][] = [
    ['NEW_CODE', 'a newer Tarantool side'],
    ['constructor', 'what every object has'],
    ['__proto__', 'its prototype'],
    [7, 'a number'],
    [null, 'nothing'],
  ];
  for (const [code, reason] of strange) {
    it(`that are unknown become INTERNAL, ${code}: ${reason}`, () => {
      const error = fromLua(code, undefined);
      assert.ok(error instanceof ServiceError);
      assert.equal(error.code, 'INTERNAL');
    });
  }

  it('never bring the text of a fault to the client', () => {
    const error = fromLua('INTERNAL', new Map([['message', 'census/imports.lua:12: attempt to index nil']]));
    assert.doesNotMatch(error.message, /lua/);
    assert.match(String(error.cause), /attempt to index nil/);
  });

  it('name unknown relatives by their places, and count them all', () => {
    const details = new Map<string, number | number[]>([
      ['count', 2],
      ['positions', [0, 3]],
    ]);
    const error = fromLua('RELATIVES_NOT_FOUND', details);
    assert.equal(error.code, 'INVALID_INPUT');
    assert.equal(error.violationCount, 2);
    assert.deepEqual(
      error.violations?.map(({ pointer, code }) => `${pointer} ${code}`),
      ['/relatives/0 UNKNOWN_RELATIVE', '/relatives/3 UNKNOWN_RELATIVE'],
    );
  });
});

const procedures = [COMMON, ...WINGS].flatMap((wing) => wing.procedures.flatMap((table) => Object.values(table)));

describe('the procedures', () => {
  it('that the web side calls are those that Tarantool exports', () => {
    const exported = found(lua, /\['(svodka\.[\w.]+)'\] =/g);
    const called = procedures.map(({ name }) => name);
    assert.ok(exported.length > 0);
    assert.deepEqual(called.toSorted(), exported);
  });

  it('that write are told apart from those that read: the loss of a call means another thing', () => {
    const reads = procedures.filter(({ kind }) => kind === 'read').map(({ name }) => name);
    assert.deepEqual(reads.toSorted(), [
      'svodka.alarms.changes',
      'svodka.alarms.history',
      'svodka.alarms.list',
      'svodka.alarms.since',
      'svodka.cameras.catalog_version',
      'svodka.cameras.get',
      'svodka.cameras.list',
      'svodka.cameras.recent_records',
      'svodka.cameras.type_versions',
      'svodka.cameras.types',
      'svodka.cases.get',
      'svodka.cases.history',
      'svodka.cases.list',
      'svodka.cases.photo',
      'svodka.cases.recount',
      'svodka.cases.stats',
      'svodka.checks.digest',
      'svodka.checks.recount',
      'svodka.citizens.find',
      'svodka.citizens.get',
      'svodka.citizens.history',
      'svodka.citizens.page',
      'svodka.comparison.count',
      'svodka.comparison.digests',
      'svodka.comparison.page',
      'svodka.comparison.rows',
      'svodka.imports.changes',
      'svodka.imports.describe',
      'svodka.imports.list',
      'svodka.imports.state',
      'svodka.jobs.changes',
      'svodka.jobs.executors',
      'svodka.jobs.file',
      'svodka.jobs.find',
      'svodka.jobs.get',
      'svodka.jobs.history',
      'svodka.jobs.list',
      'svodka.jobs.log',
      'svodka.jobs.payload',
      'svodka.jobs.statuses',
      'svodka.jobs.text',
      'svodka.jobs.totals',
      'svodka.metrics',
      'svodka.presents.busiest',
      'svodka.presents.by_month',
      'svodka.presents.by_month_of_town',
      'svodka.presents.names',
      'svodka.presents.page',
      'svodka.registers.convicted',
      'svodka.registers.owner',
      'svodka.registers.violations',
      'svodka.replication.state',
      'svodka.service.info',
      'svodka.shards.check',
      'svodka.stats.ages',
      'svodka.stats.birth_ranks',
      'svodka.users.any',
      'svodka.users.authenticate',
      'svodka.users.begin_login',
      'svodka.users.begin_registration',
      'svodka.users.get',
      'svodka.users.get_by_id',
      'svodka.users.list',
      'svodka.users.list_tokens',
      'svodka.votes.counts',
      'svodka.votes.is_held_by',
      'svodka.votes.recount',
      'svodka.votes.specialist',
      'svodka.votes.specialists',
      'svodka.votes.waiting',
      'svodka.workflows.asked',
      'svodka.workflows.changed',
      'svodka.workflows.changes',
      'svodka.workflows.dump',
      'svodka.workflows.history',
      'svodka.workflows.list',
      'svodka.workflows.log',
      'svodka.workflows.plan',
      'svodka.workflows.runs',
      'svodka.workflows.status',
    ]);
  });
});
