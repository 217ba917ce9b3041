import { readFile, writeFile } from 'node:fs/promises';
import type { Check } from '../../../census/checks/service.js';
import { CommandError, EXIT } from '../../command_error.js';

/** What must be equal on two services that have the same imports. */
type Saved = { import_id: number; version: number; citizens: number; digest: string };

/** `saved` or `now` is undefined where only the other side has the import. */
export type Mismatch = { importId: number; what: string; saved: unknown; now: unknown };

const COMPARED = ['version', 'citizens', 'digest'] as const;

function failure(reason: unknown): never {
  throw new CommandError(EXIT.notChecked, `Not checked: ${(reason as Error).message}.`);
}

function isSaved(value: unknown): value is Saved {
  const { import_id: id, version, citizens, digest } = (value ?? {}) as Partial<Saved>;
  return [id, version, citizens].every(Number.isSafeInteger) && typeof digest === 'string';
}

function parseSaved(line: string, place: string): Saved {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Reported below.
  }
  if (isSaved(value)) return value;
  throw new CommandError(EXIT.notChecked, `Not checked: ${place} was not written by svodka check --save.`);
}

/** Collects the checks of imports and writes them to a file, one as a line of JSON. */
export function createSaving(path: string) {
  const lines: string[] = [];
  return {
    add({ import_id, version, citizens, digest }: Check): void {
      lines.push(`${JSON.stringify({ import_id, version, citizens, digest })}\n`);
    },
    /** @throws CommandError */
    async finish(): Promise<void> {
      await writeFile(path, lines).catch(failure);
    },
  };
}

/** Compares checks with those in a file. @throws CommandError */
export async function createComparing(path: string) {
  const text = await readFile(path, 'utf8').catch(failure);
  const saved = new Map<number, Saved>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const each = parseSaved(line, `line ${index + 1} of ${path}`);
    saved.set(each.import_id, each);
  }
  const seen = new Set<number>();
  return {
    compare(check: Check): Mismatch[] {
      const importId = check.import_id;
      const before = saved.get(importId);
      if (before === undefined) return [{ importId, what: 'import', saved: 'missing', now: 'there' }];
      seen.add(importId);
      return COMPARED.filter((what) => before[what] !== check[what]).map((what) => ({
        importId,
        what,
        saved: before[what],
        now: check[what],
      }));
    },
    /** The saved imports that were not compared. */
    missing: (): Mismatch[] =>
      [...saved.keys()]
        .filter((importId) => !seen.has(importId))
        .map((importId) => ({ importId, what: 'import', saved: 'there', now: 'missing' })),
  };
}
