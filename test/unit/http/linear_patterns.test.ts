import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { type Node, parse } from 'acorn';
import { analyse } from 'scslre';
import { projectDir } from '../../support/folder.js';

/** `place`: the position of the pattern, for messages. */
type Pattern = { place: string; pattern: RegExp };

function filesBelow(folder: string, isWanted: (file: string) => boolean): string[] {
  return readdirSync(join(projectDir, folder), { recursive: true, encoding: 'utf8' })
    .filter(isWanted)
    .map((file) => join(projectDir, folder, file))
    .sort();
}

/** Calls `visit` for each node of the syntax tree. */
function walk(node: unknown, visit: (node: Node & Record<string, unknown>) => void): void {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, visit);
  } else if (typeof node === 'object' && node !== null && 'type' in node) {
    visit(node as Node & Record<string, unknown>);
    for (const child of Object.values(node)) walk(child, visit);
  }
}

type Literal = { regex?: { pattern: string; flags: string }; value?: unknown };

/** The regular expressions of a compiled module: literals, and JSON Schema patterns, which Ajv compiles with `u`. */
function patternsOfModule(file: string): { patterns: Pattern[]; dynamic: string[] } {
  const shown = relative(join(projectDir, 'dist'), file);
  const patterns: Pattern[] = [];
  const dynamic: string[] = [];
  walk(parse(readFileSync(file, 'utf8'), { ecmaVersion: 'latest', sourceType: 'module', locations: true }), (node) => {
    const place = `${shown}:${node.loc?.start.line}`;
    const { regex } = node as Literal;
    if (node.type === 'Literal' && regex) patterns.push({ place, pattern: new RegExp(regex.pattern, regex.flags) });
    const { value } = (node['value'] ?? {}) as Literal;
    if (node.type === 'Property' && (node['key'] as { name?: string }).name === 'pattern' && typeof value === 'string')
      patterns.push({ place, pattern: new RegExp(value, 'u') });
    if (/^(New|Call)Expression$/.test(node.type) && (node['callee'] as { name?: string }).name === 'RegExp')
      dynamic.push(place);
  });
  return { patterns, dynamic };
}

const modules = filesBelow(
  'dist/app',
  (file) => file.endsWith('.js') && existsSync(join(projectDir, 'app', file.replace(/js$/, 'ts'))),
).map(patternsOfModule);

const LUA_CLASSES: Readonly<Record<string, string>> = {
  a: 'A-Za-z',
  c: '\\x00-\\x1f\\x7f',
  d: '0-9',
  l: 'a-z',
  p: '!-\\/:-@\\[-`{-~',
  s: '\\t-\\r ',
  u: 'A-Z',
  w: 'A-Za-z0-9',
  x: 'A-Fa-f0-9',
  z: '\\0',
};

/** Converts a Lua pattern to a regular expression that matches and backtracks in the same way. */
function fromLua(pattern: string): RegExp {
  let source = '';
  let isInSet = false;
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern[at] as string;
    if (sign === '%') {
      const escaped = pattern[++at] as string;
      const members = LUA_CLASSES[escaped.toLowerCase()];
      const isNegated = escaped !== escaped.toLowerCase();
      assert.ok(!(isInSet && isNegated) && !/[bf0-9]/.test(escaped), `%${escaped} is not translated`);
      if (members === undefined) source += `\\${escaped}`;
      else source += isInSet ? members : `[${isNegated ? '^' : ''}${members}]`;
    } else if (sign === '-' && !isInSet) {
      source += '*?';
    } else if (/[/{}|\\]/.test(sign) || (isInSet && sign === '[')) {
      source += `\\${sign}`;
    } else {
      if (sign === '[') isInSet = true;
      if (sign === ']') isInSet = false;
      source += sign;
    }
  }
  return new RegExp(source, 's');
}

/** Captures the first literal, the second one of `'a' .. word .. 'b'`, or a constant, and the rest of the line. */
const LUA_CALL =
  /[.:](?:match|gmatch|gsub|find)\((?:[\w.]+, )?(?:'([^']*)'(?: \.\. [\w.]+ \.\. '([^']*)')?|([A-Z][A-Z_]*))(.*)/g;

/** The patterns that a Lua file passes to string.match and similar functions. */
function luaPatterns(file: string): Pattern[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(LUA_CALL)].flatMap(([call, literal, more, constant, rest = '']) => {
    // Plain searches use no pattern.
    if (/, true\)/.test(rest)) return [];
    const first = literal ?? text.match(`local ${constant} = '([^']*)'`)?.[1];
    assert.ok(first !== undefined && /^[,)]/.test(rest), `${file}: ${call}`);
    const pattern = more === undefined ? first : `${first}word${more}`;
    return { place: relative(projectDir, file), pattern: fromLua(pattern.replaceAll('\\n', '\n')) };
  });
}

const inLua = filesBelow('tarantool', (file) => /\.lua$|^bin\//.test(file) && !file.startsWith('test/')).flatMap(
  luaPatterns,
);
const patterns = [...modules.flatMap((module) => module.patterns), ...inLua];

const INPUT_LENGTH = 16 * 1024;
const PUMPS = ['a', '0', ' ', '\t', '\n', '\r\n', '"', '\\', '\\"', '/', ',', ';', '.', ':', '-', '_', '(', 'ж', ' a'];

/** Texts of 16 KB: a beginning that the pattern matches, one repeated character or group, and an unmatched end. */
function* hostileInputs({ source }: RegExp): Generator<string> {
  const beginnings = ['', ...(source.match(/[\w= "/@#-]{2,}/g) ?? [])];
  for (const beginning of beginnings) {
    for (const pump of [...PUMPS, ...beginnings.slice(1)]) {
      yield `${(beginning + pump.repeat(INPUT_LENGTH)).slice(0, INPUT_LENGTH - 1)}\0`;
    }
  }
}

/** Moves of characters that a quantifier gives back one by one: from the second degree on, or an exponent. */
function reportsOf(pattern: RegExp): string[] {
  const { reports } = analyse(pattern, { reportTypes: { Move: true, Self: true, Trade: true } });
  return reports.map(
    ({ type, exponential, character }) => `${exponential ? 'exponential' : type} ${character.literal.source}`,
  );
}

describe('regular expressions and Lua patterns', () => {
  it('are found: in modules, in schemas and in Lua', () => {
    assert.ok(patterns.length > 60, String(patterns.length));
    assert.ok(inLua.length > 10, String(inLua.length));
    assert.ok(patterns.some(({ pattern }) => pattern.source.includes('\\p{Nd}')));
  });

  it('are literals, so that they can be found', () => {
    assert.deepEqual(
      modules.flatMap(({ dynamic }) => dynamic),
      [],
    );
  });

  it('take time in proportion to their input, by the theory of automata', () => {
    const slow = patterns.flatMap(({ place, pattern }) =>
      reportsOf(pattern).map((told) => `${place} ${pattern} ${told}`),
    );
    assert.deepEqual(slow, []);
  });

  // The analysis misses exponents caused by alternatives alone. Such a pattern would never finish here: the limit is a
  // thousand times the total for linear patterns.
  it('end on 16 KB of hostile input', () => {
    for (const { place, pattern } of patterns) {
      const context = createContext({ pattern, inputs: [...hostileInputs(pattern)] });
      const run = 'for (const input of inputs) { pattern.lastIndex = 0; pattern.test(input); }';
      assert.doesNotThrow(() => runInContext(run, context, { timeout: 20_000 }), `${place} ${pattern}`);
    }
  });

  it('would be found out otherwise', () => {
    const slow = [
      /^\s*charset="?([^"]*)"?\s*$/,
      /\s+$/,
      /\d+-/,
      /^(a+)+$/,
      /a.*b.*c/,
      fromLua('%s+$'),
      fromLua('^.-%s*$'),
    ];
    for (const pattern of slow) assert.notDeepEqual(reportsOf(pattern), [], String(pattern));
    const context = createContext({ pattern: /^(a|a)*$/, input: `${'a'.repeat(INPUT_LENGTH)}\0` });
    assert.throws(() => runInContext('pattern.test(input)', context, { timeout: 500 }), {
      code: 'ERR_SCRIPT_EXECUTION_TIMEOUT',
    });
  });
});
