import { useEffect, useState } from 'preact/hooks';
import { html, type View } from '../../../frame/view.js';
import { useWorkWords } from '../../words/use_work_words.js';
import type { StatusChange } from '../api.js';
import { runLabel } from '../run_status.js';
import { type Bar, type BarRow, barRows, runsIn, spanOf } from './bars.js';

/** A longer chart tells nobody more; the table has every change. */
const MAX_ROWS = 100;
const TICK_MS = 1_000;

/** Seconds since 1970; ticks while something goes on. */
function useNow(isTicking: boolean): number {
  const [now, setNow] = useState(Date.now() / 1_000);
  useEffect(() => {
    if (!isTicking) return undefined;
    const timer = setInterval(() => setNow(Date.now() / 1_000), TICK_MS);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(3)}%`;
}

type RowProps = { row: BarRow; span: { start: number; end: number }; now: number };

function Row({ row, span, now }: RowProps): View {
  const words = useWorkWords();
  const { t, duration, time } = words;
  const { task, bars } = row;
  const whole = span.end - span.start;
  const seconds = bars.reduce((sum, { start, end = now }) => sum + Math.max(0, end - start), 0);
  const last = bars.at(-1) as Bar;
  const bar = ({ status, label, start, end = now }: Bar) => html`<i key=${start} class="bar bar-${status}"
    title=${`${runLabel(status, label, words)}: ${time(start)}, ${duration(Math.max(0, end - start))}`}
    style=${{ left: percent((start - span.start) / whole), width: percent(Math.max(0, end - start) / whole) }}></i>`;
  return html`<li><span class="bars-name">${task ?? t('bars.run')}</span><span class="bars-track">${bars.map(bar)}</span>
    <span class="bars-took">${runLabel(last.status, last.label, words)}, ${duration(seconds)}</span></li>`;
}

/** When each task of a run began and ended, as bars over time. `isActive`: the newest run goes on. */
export function RunBars({ history, isActive }: { history: readonly StatusChange[]; isActive: boolean }): View {
  const { t, time } = useWorkWords();
  const [chosen, setChosen] = useState<number | undefined>();
  const runs = runsIn(history);
  const runId = chosen !== undefined && runs.includes(chosen) ? chosen : runs[0];
  const rows = runId === undefined ? [] : barRows(history, runId);
  const isTicking = isActive && runId === runs[0];
  const ticking = useNow(isTicking);
  const now = isTicking ? Math.max(ticking, ...history.slice(0, 1).map(({ at }) => at)) : ticking;
  const span = spanOf(rows, now);
  const began = (id: number) => history.findLast(({ run_id: run }) => run === id)?.at ?? 0;
  if (runId === undefined || rows.length === 0) return html`<p class="muted">${t('bars.none')}</p>`;
  return html`<label class="field field-inline"><span>${t('bars.which')}</span>
      <select value=${String(runId)} onChange=${({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
        setChosen(Number(currentTarget.value))}>
        ${runs.map((id) => html`<option value=${String(id)}>${t('bars.runOf', { id: String(id), time: time(began(id)) })}</option>`)}
      </select></label>
    <ol class="bars">${rows
      .slice(0, MAX_ROWS)
      .map((row) => html`<${Row} key=${row.task ?? ''} row=${row} span=${span} now=${now} />`)}</ol>
    <p class="bars-axis muted small"><span>${time(span.start)}</span><span>${time(span.end)}</span></p>
    ${rows.length > MAX_ROWS && html`<p class="muted small">${t('bars.cut', { count: MAX_ROWS })}</p>`}`;
}
