import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, it } from 'node:test';
import { projectDir } from '../support/folder.js';

type Module = {
  /** Relative to app/: `census/imports/service.ts`. */
  file: string;
  text: string;
  /** Modules of app/ that it imports, including type imports. */
  own: string[];
  packages: string[];
};

const MAX_LINES = 400;
const MAX_FILES = 13;
const appDir = join(projectDir, 'app');

/** Layers, the lowest first: a module imports only from its own layer or from lower ones. */
const FLOORS: readonly (readonly string[])[] = [
  [
    'calendar.ts',
    'config.ts',
    'errors',
    'errors.ts',
    'faults.ts',
    'host_names.ts',
    'kept_children.ts',
    'log',
    'metric.ts',
    'settings',
    'release_memory.ts',
    'siblings',
    'stop_signals.ts',
    'thread_pool.ts',
  ],
  ['db'],
  ['http'],
  ['rpc'],
  ['users'],
  ['room.ts'],
  // Rooms (feature folders): those of the wings, and those outside any wing.
  ['census', 'work', 'traffic', 'health', 'metrics', 'dashboard'],
  ['wings.ts'],
  ['main.ts', 'start'],
];
const WINGS = ['census', 'work', 'traffic'];
/** Separate programs: they may import from the house, and nothing imports them. */
const PROGRAMS = ['cli', 'executor'];

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .sort();
}

/** The module names in import and export lines, import(), and `new URL(..., import.meta.url)`, which loads threads. */
const IMPORT = /(?:^(?:import|export)\b[^;'"]*?\bfrom\s*|^import\s*|\bimport\(\s*|\bnew URL\(\s*)['"]([^'"]+)['"]/gm;

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

/** `census/imports/service.ts` -> `census`; a file directly in app/ is a part of its own. */
function partOf(file: string): string {
  return file.split('/')[0] as string;
}

/** `census/imports/intake/parse.ts` -> `census/imports`; `db/wire/frames.ts` -> `db`; undefined for files of a wing. */
function roomOf(file: string): string | undefined {
  const parts = dirname(file).split('/');
  if (!WINGS.includes(parts[0] as string)) return parts[0];
  return parts.length > 1 ? parts.slice(0, 2).join('/') : undefined;
}

function floorOf(file: string): number {
  return FLOORS.findIndex((floor) => floor.includes(partOf(file)));
}

type Edge = { from: string; to: string };
const edges: Edge[] = modules.flatMap(({ file, own }) => own.map((to) => ({ from: file, to })));

function named(forbidden: readonly Edge[]): string[] {
  return forbidden.map(({ from, to }) => `${from} -> ${to}`);
}

function filesWith(pattern: RegExp): string[] {
  return modules.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
}

describe('the house', () => {
  it('is read: its modules and the imports between them', () => {
    assert.ok(modules.length >= 30);
    const service = modules.find(({ file }) => file === 'census/imports/service.ts');
    assert.ok(service?.own.includes('census/imports/intake/parse.ts'), 'a type that is passed on');
    assert.ok(service?.own.includes('calendar.ts'), 'a module in another folder');
    const known = new Set(modules.map(({ file }) => file));
    for (const { from, to } of edges) assert.ok(known.has(to) || to.endsWith('.d.ts'), `${from} -> ${to}`);
  });

  it('has a floor for every part', () => {
    const parts = [...new Set(modules.map(({ file }) => partOf(file)))];
    assert.deepEqual(
      parts.filter((part) => !PROGRAMS.includes(part) && !FLOORS.flat().includes(part)),
      [],
    );
  });

  it('lets imports point downwards only', () => {
    const inHouse = edges.filter(({ from }) => !PROGRAMS.includes(partOf(from)));
    assert.deepEqual(named(inHouse.filter(({ from, to }) => floorOf(to) > floorOf(from))), []);
  });

  it('has programs that nobody imports', () => {
    assert.deepEqual(
      named(edges.filter(({ from, to }) => PROGRAMS.includes(partOf(to)) && partOf(from) !== partOf(to))),
      [],
    );
  });

  it('has wings that know nothing of each other, and rooms of no wing that know no wing', () => {
    const isForbidden = ({ from, to }: Edge) =>
      WINGS.includes(partOf(to)) && partOf(from) !== partOf(to) && floorOf(from) === floorOf(to);
    assert.deepEqual(named(edges.filter(isForbidden)), []);
  });

  it('lets a room into another of its wing only through its service, its schema and its model', () => {
    const isForbidden = ({ from, to }: Edge) => {
      const [fromRoom, toRoom] = [roomOf(from), roomOf(to)];
      if (partOf(from) !== partOf(to) || fromRoom === toRoom || fromRoom === undefined || toRoom === undefined)
        return false;
      return (
        !['service.ts', 'schema.ts'].some((name) => to === `${toRoom}/${name}`) && !to.startsWith(`${toRoom}/model/`)
      );
    };
    assert.deepEqual(named(edges.filter(isForbidden)), []);
  });

  it('keeps models free of all but each other and the cellar', () => {
    const isForbidden = ({ from, to }: Edge) =>
      from.includes('/model/') && !to.includes('/model/') && floorOf(to) !== 0;
    assert.deepEqual(named(edges.filter(isForbidden)), []);
    const withPackages = modules.filter(({ file, packages }) => file.includes('/model/') && packages.length > 0);
    assert.deepEqual(
      withPackages.map(({ file }) => file),
      [],
    );
  });

  it('keeps the command line apart: it takes types from services, the codes of the API and the handling of signals', () => {
    const targets = edges.filter(({ from, to }) => partOf(from) === 'cli' && partOf(to) !== 'cli');
    assert.ok(targets.length > 5);
    const cellar = ['errors.ts', 'stop_signals.ts'];
    assert.deepEqual(named(targets.filter(({ to }) => !cellar.includes(to) && !to.endsWith('/service.ts'))), []);
    const loaded = modules
      .filter(({ file }) => partOf(file) === 'cli')
      .flatMap(({ text }) => text.match(/^import (?!type )[^;]*'\.\.\/.*\/service\.js';$/gm) ?? []);
    assert.deepEqual(loaded, [], 'what is loaded would load the service with it');
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
    assert.deepEqual(users, ['db/wire/connection.ts']);
  });

  it('loads mathjs in the thread that computes statistics, and never where requests are answered', () => {
    const usersOf = (file: string) => edges.filter(({ to }) => to === file).map(({ from }) => from);
    const withMath = modules.filter(({ packages }) => packages.some((name) => name.startsWith('mathjs')));
    const math = 'census/stats/formulas/formula_math.ts';
    const worker = 'census/stats/computing/stats_worker.ts';
    const computer = 'census/stats/computing/computer.ts';
    assert.deepEqual(
      withMath.map(({ file }) => file),
      [math],
    );
    assert.deepEqual(usersOf(math), [worker]);
    assert.deepEqual([...new Set(usersOf(worker))], [computer]);
    const loads = [...readModule(computer).text.matchAll(/^.*stats_worker\.js.*$/gm)].map(([line]) => line);
    assert.deepEqual(
      loads.filter((line) => !/^import type |new URL\(/.test(line)),
      [],
      'its types alone are imported; the thread is given its address',
    );
  });

  it('calls procedures from repositories alone; health asks the database about itself', () => {
    const callers = edges.filter(({ to }) => /(^|\/)procedures\.ts$/.test(to)).map(({ from }) => from);
    const allowed = [
      /(^|\/)repository\.ts$/,
      /(^|\/)procedures\.ts$/,
      // Wings collect the procedures of their rooms.
      /^(census|work|traffic)\/wing\.ts$/,
      /^wings\.ts$/,
      /^db\//,
      // Has no data of its own to convert to and from tuples, so a repository would be empty.
      /^health\/service\.ts$/,
      // Import the type of a stored tuple to convert it to an object.
      /^census\/citizens\/rows\.ts$/,
      /^work\/jobs\/job\.ts$/,
      /^traffic\/cases\/case\.ts$/,
      // Reports to the engine, in its tuples, how jobs ended.
      /^executor\//,
    ];
    assert.deepEqual(
      callers.filter((file) => !allowed.some((pattern) => pattern.test(file))),
      [],
    );
  });

  it('reads the environment in config.ts alone, and arguments in the mains alone', () => {
    assert.deepEqual(filesWith(/\bprocess\.env\b|\benv\b[^;]*from 'node:process'/), [
      // Locates the stored token of the last log-in.
      'cli/client_app/main.ts',
      // Locates the config file, and the administrator's token.
      'cli/spa_ctl/main.ts',
      'cli/svodka/main.ts',
      'config.ts',
      // Checks whether a script has changed it.
      'executor/javascript/clean_slate.ts',
    ]);
    assert.deepEqual(filesWith(/\bprocess\.argv\b/), [
      'cli/client_app/main.ts',
      'cli/spa_ctl/main.ts',
      'cli/svodka/main.ts',
      'executor/main.ts',
      'main.ts',
    ]);
  });

  it('has imports that name no other room in Lua: rooms register what is erased with an import', () => {
    const text = readFileSync(join(projectDir, 'tarantool', 'census', 'imports.lua'), 'utf8');
    const required = [...text.matchAll(/require\('([^']+)'\)/g)].map(([, name]) => name as string);
    assert.ok(required.includes('census.imports.keys'));
    assert.deepEqual(
      required.filter((name) => name.startsWith('census.') && !name.startsWith('census.imports.')),
      [],
    );
  });

  it('has no default exports: a thing has one name everywhere', () => {
    assert.deepEqual(filesWith(/^export default\b|\bas default\b/m), []);
  });

  it('writes to the console nowhere: the mains, the probe and the demo speak to people on stdout, all else goes to the log', () => {
    assert.deepEqual(filesWith(/\bconsole\./), []);
    assert.deepEqual(filesWith(/\bprocess\.stdout\b|\bstdout\b[^;]*= process;/), [
      'census/demo/run.ts',
      'cli/client_app/main.ts',
      'cli/spa_ctl/main.ts',
      'cli/svodka/main.ts',
      // Output of scripts.
      'executor/javascript/program.ts',
      'executor/main.ts',
      'health/probe.ts',
      'main.ts',
    ]);
  });

  it(`has no file over ${MAX_LINES} lines`, () => {
    const files = [
      ...modules.map(({ file }) => join(appDir, file)),
      ...filesBelow(join(projectDir, 'tarantool'), '.lua').map((file) => join(projectDir, 'tarantool', file)),
    ];
    assert.ok(files.length > modules.length);
    const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > MAX_LINES + 1);
    assert.deepEqual(
      long.map((file) => relative(projectDir, file)),
      [],
    );
  });

  it(`has no folder with more than ${MAX_FILES} files`, () => {
    const files = [
      ...filesBelow(appDir, '').map((file) => join('app', file)),
      ...filesBelow(join(projectDir, 'tarantool'), '.lua').map((file) => join('tarantool', file)),
    ].filter((file) => /\.\w+$/.test(file) && !/^tarantool\/(test|migrations)\//.test(file));
    const counts = new Map<string, number>();
    for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    assert.deepEqual(
      [...counts].filter(([, count]) => count > MAX_FILES),
      [],
    );
  });

  it('exports nothing that nobody imports', () => {
    const others = ['test', 'bench', 'scripts'].flatMap((folder) =>
      [...filesBelow(join(projectDir, folder), '.ts'), ...filesBelow(join(projectDir, folder), '.mjs')].map((file) =>
        readFileSync(join(projectDir, folder, file), 'utf8'),
      ),
    );
    const named = (text: string) =>
      [...text.matchAll(/(?:import|export)\s+(?:type\s+)?\{([^}]*)\}|\bconst \{([^}]*)\} = \(?await import/g)]
        .flatMap(([, names, loaded]) => (names ?? loaded ?? '').split(','))
        .map(
          (name) =>
            name
              .replace(/^\s*type\s+/, '')
              .trim()
              .split(/\s|:/)[0] ?? '',
        );
    const imported = new Set([...modules.map(({ text }) => text), ...others].flatMap(named));
    const unused = modules.flatMap(({ file, text }) =>
      [...text.matchAll(/^export (?:async )?(?:function\*?|const|class|type|let|interface) (\w+)/gm)]
        .map(([, name]) => name as string)
        // A thread calls its module's only function by the module's URL; the module loader calls a hook; a WebAssembly
        // module is called by its exports.
        .filter((name) => !imported.has(name) && !/(_worker|import_hooks|assembly\/index|\.d)\.ts$/.test(file))
        .map((name) => `${file}: ${name}`),
    );
    assert.deepEqual(unused, []);
  });
});
