import type { NewTask } from './api.js';

export const RENDER_SCRIPT = 'render.scene';

/** The texts of the form. */
export type TaskDraft = {
  script: string;
  name: string;
  args: string;
  max_attempts: string;
  timeout_s: string;
  memory_mb: string;
  priority: string;
};

/** What keeps a draft from being sent: the text of the arguments. */
export type ArgsFault = { key: 'new.notJson'; detail: string } | { key: 'new.notArgs' };

type ReadDraft = { task: NewTask } | { fault: ArgsFault };

const NUMBERS = ['max_attempts', 'timeout_s', 'memory_mb', 'priority'] as const;

/** Converts numbers; other text is sent as it is, and the service reports the fault. */
function readNumber(text: string): number {
  const value = Number(text);
  return (Number.isFinite(value) ? value : text) as number;
}

/** The task that a draft describes. Fields left empty are not sent; no arguments are `{}`. */
export function readDraft(draft: TaskDraft): ReadDraft {
  let args: unknown = {};
  try {
    if (draft.args.trim() !== '') args = JSON.parse(draft.args);
  } catch (reason) {
    return { fault: { key: 'new.notJson', detail: (reason as Error).message } };
  }
  if (typeof args !== 'object' || args === null) return { fault: { key: 'new.notArgs' } };
  const task: NewTask = { script: draft.script.trim(), args };
  if (draft.name.trim() !== '') task.name = draft.name.trim();
  for (const field of NUMBERS) if (draft[field].trim() !== '') task[field] = readNumber(draft[field]);
  return { task };
}
