import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandError, EXIT } from '../../command_error.js';
import { unreadable } from '../../unreadable.js';
import { jsonFaultText } from './json_fault.js';

/** Where the user said that the document is: in the arguments, in a file, or on stdin (`-`). */
export type TreeSource = { tree?: string | undefined; file?: string | undefined };

export type Tree = Record<string, unknown>;

async function readSource({ tree, file }: TreeSource, stdin: Readable): Promise<{ content: string; name: string }> {
  if (tree !== undefined) return { content: tree, name: 'The text after -j' };
  if (file === undefined) throw new CommandError(EXIT.usage, 'Give the tree with -j JSON, -f FILE, or -f - for stdin.');
  if (file === '-') return { content: await text(stdin), name: 'stdin' };
  try {
    return { content: readFileSync(file, 'utf8'), name: file };
  } catch (reason) {
    throw unreadable(file, reason);
  }
}

/** Reads the document that the user names. @throws CommandError when it cannot be read or is not a JSON object */
export async function readTree(source: TreeSource, stdin: Readable): Promise<Tree> {
  const { content, name } = await readSource(source, stdin);
  // An editor may have put a byte order mark in front.
  const json = content.replace(/^\uFEFF/, '');
  let tree: unknown;
  try {
    tree = JSON.parse(json);
  } catch {
    throw new CommandError(EXIT.usage, `${name} is not JSON: ${jsonFaultText(json)}.`);
  }
  if (typeof tree === 'object' && tree !== null && !Array.isArray(tree)) return tree as Tree;
  throw new CommandError(EXIT.usage, `${name} must be a JSON object like {"context": {"project": ...}}.`);
}
