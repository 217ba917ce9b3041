import { clipped } from '../../terminal/plain_text.js';
import type { Tree } from './read_tree.js';

const MAX_VALUE_CHARACTERS = 40;

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function nameOf(value: unknown): string | undefined {
  const name = member(value, 'name');
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The keys of a JSON Pointer (RFC 6901). */
function keysOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isShown(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/**
 * The names along a pointer into a tree, and the value that it leads to: `wf1/t12: later` for the `exec` of that task,
 * `pr1` for the project; `undefined` when nothing along it has a name.
 */
export function namesAlong(tree: Tree, pointer: string): string | undefined {
  const names: string[] = [];
  const keys = keysOf(pointer);
  let value: unknown = tree;
  for (const key of keys) {
    value = member(value, key);
    const name = nameOf(value);
    if (name !== undefined) names.push(name);
  }
  // The document has one project: its name adds nothing to those below it.
  const path = names.length > 1 ? names.slice(1).join('/') : names[0];
  if (path === undefined || keys.at(-1) === 'name' || !isShown(value)) return path;
  return `${path}: ${clipped(String(value), MAX_VALUE_CHARACTERS)}`;
}

/** The name of the project that the tree is about; `undefined` when it has none. */
export function projectOf(tree: Tree): string | undefined {
  return nameOf(member(member(tree, 'context'), 'project'));
}
