import { counted } from '../../terminal/plain_text.js';

const MAX_NAMES = 20;

/** What create, delete and update answer: beside the project, the names of what was changed under the word for it. */
export type Changes = { project: string } & Record<string, unknown>;

function namesText(names: readonly unknown[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

function isChange(value: unknown): value is { workflows?: unknown[]; tasks?: unknown[] } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `pr1: created 1 workflow (wf1), 2 tasks (wf1/t11, wf1/t12)`; a dry run would have done it. */
export function changesText({ project, ...rest }: Changes, isDryRun: boolean): string {
  const parts = Object.entries(rest)
    .filter((entry): entry is [string, { workflows?: unknown[]; tasks?: unknown[] }] => isChange(entry[1]))
    .flatMap(([word, { workflows = [], tasks = [] }]) => {
      const kinds = [
        ...(workflows.length > 0 ? [`${counted(workflows.length, 'workflow')} (${namesText(workflows)})`] : []),
        ...(tasks.length > 0 ? [`${counted(tasks.length, 'task')} (${namesText(tasks)})`] : []),
      ];
      return kinds.length === 0 ? [] : [`${word} ${kinds.join(', ')}`];
    });
  const text = parts.length === 0 ? 'nothing changes, all is there' : parts.join('; ');
  return isDryRun ? `${project}: ${text} (dry run: nothing was changed)` : `${project}: ${text}`;
}
