import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, it } from 'node:test';
import { projectDir } from '../support/folder.js';

type Module = {
  /** Below app/: `imports/service.ts`. */
  file: string;
  text: string;
  /** Modules of app/ that it imports, types too. */
  own: string[];
  packages: string[];
};

const MOST_LINES = 400;
const appDir = join(projectDir, 'app');

/** Modules at the bottom: everybody may import them, and they import nothing of the house but one another. */
const BOTTOM: Readonly<Record<string, string>> = {
  'config.ts': 'the settings and the types that say what they are',
  'errors.ts': 'the codes of the API: rooms throw them, db makes them of the codes of Lua, http sends them',
  'faults.ts': 'which errors end the process, and whose the others are',
  'log.ts': 'the log that all write to',
  'thread_pool.ts': 'threads, to which imports and statistics move their long work',
  'host_names.ts': 'what a host is called: in the settings and in requests',
  'calendar.ts': 'dates as numbers: pure, and the same in imports, stats and db',
};
/** The shared rooms, which know nothing of the others. */
const SHARED: Readonly<Record<string, string>> = {
  http: 'what all rooms share on the HTTP side',
  db: 'the only door to Tarantool',
};
/** What is above the rooms, and may be imported by nobody. */
const TOP = 'main.ts';
/** A program of its own, which speaks to the service over HTTP. */
const CLI = 'cli';

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .sort();
}

/** The first string of each import and export line, of import() and of `new URL(..., import.meta.url)`, which loads threads. */
const IMPORT = /(?:^(?:import|export)\b[^;'"]*?|\bimport\(\s*|\bnew URL\(\s*)['"]([^'"]+)['"]/gm;

function readModule(file: string): Module {
  const text = readFileSync(join(appDir, file), 'utf8');
  const specifiers = [...text.matchAll(IMPORT)].map(([, specifier]) => specifier as string);
  const isOwn = (specifier: string) => specifier.startsWith('.');
  return {
    file,
    text,
    own: specifiers
      .filter((specifier) => isOwn(specifier) && specifier.endsWith('.js'))
      .map((specifier) => normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts')),
    packages: specifiers.filter((specifier) => !isOwn(specifier)),
  };
}

const modules = filesBelow(appDir, '.ts').map(readModule);

/** `imports/service.ts` -> `imports`, with its model; `http/connection/pace.ts` -> `http`; a file in app/ itself is a room. */
function roomOf(file: string): string {
  if (file.startsWith('http/')) return 'http';
  return file.includes('/') ? dirname(file).replace(/\/model$/, '') : file;
}

function isFeature(room: string): boolean {
  return room !== TOP && !(room in SHARED) && !(room in BOTTOM);
}

/** Every import between two rooms, as `from -> to`, that the rule forbids. */
function forbidden(rule: (from: string, to: string, target: string) => boolean): string[] {
  return modules.flatMap(({ file, own }) =>
    own
      .filter((target) => roomOf(target) !== roomOf(file))
      .filter((target) => !rule(roomOf(file), roomOf(target), target))
      .map((target) => `${file} -> ${target}`),
  );
}

function filesWith(pattern: RegExp): string[] {
  return modules.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
}

describe('the house', () => {
  it('is read: its modules and the imports between them', () => {
    assert.ok(modules.length >= 30);
    const service = modules.find(({ file }) => file === 'imports/service.ts');
    assert.ok(service?.own.includes('imports/schema.ts'), 'a type that is passed on');
    assert.ok(service?.own.includes('calendar.ts'), 'a module in another folder');
    const known = new Set(modules.map(({ file }) => file));
    for (const { file, own } of modules) {
      for (const target of own) assert.ok(known.has(target) || target.endsWith('.d.ts'), `${file} -> ${target}`);
    }
  });

  for (const [file, reason] of Object.entries(BOTTOM)) {
    it(`rests on ${file}, which imports nothing of the rooms: ${reason}`, () => {
      const own = modules.find((module) => module.file === file)?.own;
      assert.deepEqual(
        own?.filter((target) => !(target in BOTTOM)),
        [],
      );
    });
  }

  for (const [room, reason] of Object.entries(SHARED)) {
    it(`has the room ${room}, which imports only itself and the bottom: ${reason}`, () => {
      assert.deepEqual(
        forbidden((from, to) => from !== room || to in BOTTOM),
        [],
      );
    });
  }

  it('lets a room into another only through its service', () => {
    assert.deepEqual(
      forbidden((from, to, target) => !isFeature(from) || !isFeature(to) || target === `${to}/service.ts`),
      [],
    );
  });

  it('keeps the command line apart: it takes types from services and the codes of the API, and nobody takes it', () => {
    const targets = modules.filter(({ file }) => roomOf(file) === CLI).flatMap(({ own }) => own);
    const isAllowed = (target: string) =>
      roomOf(target) === CLI || target === 'errors.ts' || /\/service\.ts$/.test(target);
    assert.ok(targets.length > 10);
    assert.deepEqual(
      targets.filter((target) => !isAllowed(target)),
      [],
    );
    assert.deepEqual(
      forbidden((_, to) => to !== CLI),
      [],
    );
    const loaded = modules
      .filter(({ file }) => roomOf(file) === CLI)
      .flatMap(({ text }) => text.match(/^import (?!type )[^;]*'\.\.\/.*\/service\.js';$/gm) ?? []);
    assert.deepEqual(loaded, [], 'what is loaded would load the service with it');
  });

  it('has nothing above main', () => {
    assert.deepEqual(
      forbidden((_, to) => to !== TOP),
      [],
    );
  });

  it('has no circles, among types either', () => {
    const importsOf = new Map(modules.map(({ file, own }) => [file, own]));
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), [...path, file].join(' -> '));
      if (done.has(file)) return;
      for (const target of importsOf.get(file) ?? []) walk(target, [...path, file]);
      done.add(file);
    };
    for (const { file } of modules) walk(file, []);
  });

  it('knows the driver in one module alone', () => {
    const users = modules.filter(({ packages }) => packages.includes('tarantool-driver')).map(({ file }) => file);
    assert.deepEqual(users, ['db/connection.ts']);
  });

  it('loads mathjs in the thread that computes statistics, and never where requests are answered', () => {
    const usersOf = (file: string) => modules.filter(({ own }) => own.includes(file)).map((user) => user.file);
    const withMath = modules.filter(({ packages }) => packages.some((name) => name.startsWith('mathjs')));
    assert.deepEqual(
      withMath.map(({ file }) => file),
      ['stats/formula_math.ts'],
    );
    assert.deepEqual(usersOf('stats/formula_math.ts'), ['stats/stats_worker.ts']);
    assert.deepEqual(usersOf('stats/stats_worker.ts'), ['stats/computer.ts']);
    const { text } = readModule('stats/computer.ts');
    const loads = [...text.matchAll(/^.*stats_worker\.js.*$/gm)].map(([line]) => line);
    assert.deepEqual(
      loads.filter((line) => !/^import type |new URL\(/.test(line)),
      [],
      'its types alone are imported; the thread is given its address',
    );
  });

  it('keeps rules across records and percentiles free of all but types and the bottom', () => {
    const pure = [
      'imports/column.ts',
      'imports/consistency.ts',
      'imports/relations.ts',
      'imports/town_numbers.ts',
      'stats/percentiles.ts',
    ];
    for (const file of pure) {
      const { own, packages } = readModule(file);
      const others = own.filter((target) => !(target in BOTTOM) && !pure.includes(target));
      assert.deepEqual({ packages, own: others }, { packages: [], own: [] }, file);
    }
  });

  it('calls procedures from repositories alone; health asks the database about itself', () => {
    const callers = modules.filter(({ own }) => own.includes('db/procedures.ts')).map(({ file }) => file);
    const allowed = [
      /\/repository\.ts$/,
      /^db\//,
      // Has no data of its own to turn into tuples and back: a repository would be empty.
      /^health\/service\.ts$/,
      // Takes the type of a stored tuple, to make citizens of it.
      /^imports\/rows\.ts$/,
    ];
    assert.deepEqual(
      callers.filter((file) => !allowed.some((pattern) => pattern.test(file))),
      [],
    );
  });

  it('reads the environment in config.ts alone, and arguments in the mains alone', () => {
    assert.deepEqual(filesWith(/\bprocess\.env\b|\benv\b[^;]*from 'node:process'/), ['config.ts']);
    assert.deepEqual(filesWith(/\bprocess\.argv\b/), ['cli/main.ts', 'main.ts']);
  });

  it('reads query strings by the parameters of routes alone: Koa reads them in quadratic time, and replaces wrong bytes', () => {
    assert.deepEqual(filesWith(/\b(?:ctx|context|request|req)\.(?:query\b|search\b|URL\b)|\bquerystring'/), []);
    assert.deepEqual(filesWith(/\bctx\.querystring\b/), ['http/query.ts']);
    assert.deepEqual(filesWith(/\bparseQueryString\b/), ['http/query.ts', 'http/query_string.ts']);
  });

  it('has no default exports: a thing has one name everywhere', () => {
    assert.deepEqual(filesWith(/^export default\b|\bas default\b/m), []);
  });

  it('writes to the console nowhere: the mains, the probe and the demo speak to people on stdout, all else goes to the log', () => {
    assert.deepEqual(filesWith(/\bconsole\./), []);
    assert.deepEqual(filesWith(/\bprocess\.stdout\b|\bstdout\b[^;]*= process;/), [
      'cli/main.ts',
      'demo/run.ts',
      'health/probe.ts',
      'main.ts',
    ]);
  });

  it(`has no file over ${MOST_LINES} lines`, () => {
    const files = [
      ...modules.map(({ file }) => join(appDir, file)),
      ...filesBelow(join(projectDir, 'tarantool'), '.lua').map((file) => join(projectDir, 'tarantool', file)),
    ];
    assert.ok(files.length > modules.length);
    const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > MOST_LINES + 1);
    assert.deepEqual(
      long.map((file) => relative(projectDir, file)),
      [],
    );
  });
});
