import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from './folder.js';

const NOT_OURS = /(^|\/)(node_modules|dist|data|coverage|\.git)(\/|$)/;

/** Every Markdown file of the project, as a path below its folder. */
export function markdownFiles(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(projectDir, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (NOT_OURS.test(path)) return [];
      if (entry.isDirectory()) return below(path);
      return path.endsWith('.md') ? [path] : [];
    });
  return below('').sort();
}

export function readMarkdown(path: string): string {
  return readFileSync(join(projectDir, path), 'utf8');
}

/** The text without code blocks: fenced ones, and lines indented by four spaces. */
export function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '').replace(/^ {4}.*$/gm, '');
}

/** The anchors of a file's headings on GitHub: lower case, hyphens for spaces, `-1` for the second of the same name. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutCode(text).matchAll(/^#+ (.+)$/gm)) {
    const anchor = (heading as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}
