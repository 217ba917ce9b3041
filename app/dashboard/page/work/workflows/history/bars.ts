import type { StatusChange } from '../api.js';

/** A stretch of time in which a task had a status. `end` is undefined while it has it. */
export type Bar = { status: string; label: string; start: number; end: number | undefined };
/** The bars of a task in a run; the run's own have no task. */
export type BarRow = { task: string | null; bars: readonly Bar[] };

/** Statuses in which something goes on; the others are moments. */
const LASTING: readonly string[] = ['running', 'waiting', 'rerun', 'stopping', 'immortal'];

/** The runs that a history, newest first, has changes of; newest first. */
export function runsIn(history: readonly StatusChange[]): number[] {
  return [...new Set(history.flatMap(({ run_id: id }) => (id === null ? [] : [id])))].sort((a, b) => b - a);
}

/** A change and the next one of the same task make a bar, which shows how the task ended, if that is known by then. */
function barsOf(changes: readonly StatusChange[]): Bar[] {
  return changes.flatMap(({ status, label, at }, index) => {
    if (!LASTING.includes(status)) return [];
    const next = changes[index + 1];
    const isEnd = next !== undefined && !LASTING.includes(next.status);
    return [{ status: isEnd ? next.status : status, label: isEnd ? next.label : label, start: at, end: next?.at }];
  });
}

/** The bars of a run, in the order in which its tasks began; the run itself comes first. `history` is newest first. */
export function barRows(history: readonly StatusChange[], runId: number): BarRow[] {
  const byTask = new Map<string | null, StatusChange[]>();
  for (const change of [...history].reverse()) {
    if (change.run_id !== runId) continue;
    const own = byTask.get(change.task) ?? [];
    byTask.set(change.task, own);
    own.push(change);
  }
  const rows = [...byTask]
    .map(([task, changes]) => ({ task, bars: barsOf(changes) }))
    .filter(({ bars }) => bars.length > 0);
  const startOf = ({ task, bars }: BarRow) => (task === null ? Number.NEGATIVE_INFINITY : (bars[0]?.start ?? 0));
  return rows.sort((a, b) => startOf(a) - startOf(b));
}

/** The first and the last moment of rows; what goes on lasts until `now`. */
export function spanOf(rows: readonly BarRow[], now: number): { start: number; end: number } {
  const bars = rows.flatMap((row) => row.bars);
  const start = Math.min(now, ...bars.map((bar) => bar.start));
  return { start, end: Math.max(start + 0.001, ...bars.map((bar) => bar.end ?? now)) };
}
