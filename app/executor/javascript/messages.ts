/** To an interpreter: what to run. `token` comes back with every message, so that those of an earlier task are known. */
export type RunMessage = {
  type: 'run';
  token: string;
  /** Printed on stdout and stderr when the task is over. */
  mark: string;
  file: string;
  functionName: string;
  args: unknown;
  workDir: string;
  task: { task_id: string; id: number; attempt: number; meta: unknown };
};

/** From an interpreter. `text` of an error is for people: message and stack. */
export type InterpreterMessage = { token: string } & (
  | { type: 'started' }
  | { type: 'progress'; fraction: number; text: string }
  | { type: 'attach'; path: string; contentType: string }
  | { type: 'result'; result: unknown; isReusable: boolean }
  | { type: 'error'; text: string; isReusable: boolean }
);

const TYPES: ReadonlySet<unknown> = new Set(['started', 'progress', 'attach', 'result', 'error']);

/** Whether something that came over the descriptor has the shape of a message; a script can write there too. */
export function isInterpreterMessage(value: unknown): value is InterpreterMessage {
  if (typeof value !== 'object' || value === null) return false;
  const message = value as Record<string, unknown>;
  if (typeof message['token'] !== 'string' || !TYPES.has(message['type'])) return false;
  switch (message['type']) {
    case 'progress':
      return Number.isFinite(message['fraction']) && typeof message['text'] === 'string';
    case 'attach':
      return typeof message['path'] === 'string' && typeof message['contentType'] === 'string';
    case 'result':
      return 'result' in message;
    case 'error':
      return typeof message['text'] === 'string';
    default:
      return true;
  }
}
