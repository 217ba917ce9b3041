import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mayImportOwn } from '../../../app/executor/javascript/own_imports.js';

const NOT_OWN: readonly (readonly [text: string, reason: string])[] = [
  ['export function run() { return 1; }', 'no import at all'],
  ["import { readFileSync } from 'node:fs';\nexport const run = () => readFileSync('x');", 'a module of Node'],
  ['import fs, { promises } from "fs";\nimport * as path from \'path\'\n', 'modules of Node without the prefix'],
  ["import {\n  setTimeout as sleep,\n} from 'node:timers/promises';\nimport 'node:process';", 'over several lines'],
  ["const helper = require('./helper.js'); exports.run = () => helper();", 'CommonJS, whose cache is emptied'],
  ["exports.run = () => Array.from('abc');", 'a function called from'],
];

const MAYBE_OWN: readonly (readonly [text: string, reason: string])[] = [
  ["import { helper } from './helper.mjs';", 'a file beside it'],
  ["import fs from 'node:fs';\nimport helper from './helper.mjs';", 'one of two'],
  ["import 'left-pad';", 'a package'],
  ["export { run } from './other.mjs';", 'exported again'],
  ["export * from '/srv/other.mjs';", 'all of it exported again'],
  ["export const run = () => import('./helper.mjs');", 'imported when it runs'],
  ['export const run = (name) => import(name);', 'imported by a name that only running tells'],
  ["import 'node:fs'; import './helper.mjs';", 'two on a line'],
  ["export const run = () => eval('imp' + 'ort(\"./helper.mjs\")');", 'evaluated'],
  ["export const run = () => new Function('return 1')();", 'evaluated too'],
  ["import { createRequire } from 'node:module';", 'another way to load modules'],
  ["import vm from 'vm';", 'another one'],
  [`export const run = () => 1; // ${'x'.repeat(300_000)}`, 'too long to be looked through'],
];

describe('whether a script may import modules of its own', () => {
  for (const [text, reason] of NOT_OWN) it(`no: ${reason}`, () => assert.equal(mayImportOwn(text), false));
  for (const [text, reason] of MAYBE_OWN) it(`yes: ${reason}`, () => assert.equal(mayImportOwn(text), true));
});
