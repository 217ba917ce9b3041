import { useEffect, useState } from 'preact/hooks';
import { html, type View } from '../../frame/view.js';
import { useEvents } from '../../shared/use_events.js';
import { useWorkWords, type WorkWords } from '../words/use_work_words.js';
import { type Cause, eventsPath, isOpen, readNews, type Status, type Task, type TaskNews } from './api.js';

/** A task as events report it. `isConnected`: they do. */
export type WatchedTask = TaskNews & { isConnected: boolean };

/**
 * Follows the events of a task while it is open. `task` is what was loaded last; `onChange` is called when its status or
 * attempt is another one by now.
 */
export function useTaskNews(task: Task, isFollowed: boolean, onChange: (status: Status) => void): WatchedTask {
  const { status, attempt, progress } = task;
  const [news, setNews] = useState<TaskNews | undefined>();
  // What is loaded later than an event tells more.
  useEffect(() => setNews(undefined), [status, attempt]);
  const isWanted = isFollowed && isOpen(news?.status ?? status);
  const isConnected = useEvents(isWanted ? eventsPath(task.id) : undefined, ({ name, data }) => {
    if (name !== 'status' && name !== 'progress') return;
    const next = readNews(data);
    setNews(next);
    const known = news ?? { status, attempt };
    if (next.status !== known.status || next.attempt !== known.attempt) onChange(next.status);
  });
  return { ...(news ?? { status, attempt, progress }), isConnected: isConnected && isWanted };
}

export function StatusBadge({ status }: { status: Status }): View {
  return html`<span class="badge badge-${status}">${useWorkWords().t(`status.${status}`)}</span>`;
}

/** The bar and the words of a task that reports how far it is. */
export function TaskProgress({ name, news }: { name: string; news: TaskNews }): View {
  const { t, number } = useWorkWords();
  const { status, progress } = news;
  if (status !== 'working' || progress === null) return null;
  const { fraction, text } = progress;
  return html`<div class="task-progress">
    <progress aria-label=${t('tasks.progress', { name })} value=${fraction} max="1"></progress>
    <span class="muted small">${number(Math.round(fraction * 100))} %${text !== '' && ` · ${text}`}</span>
  </div>`;
}

/** Why an attempt failed, in one sentence. A kind that the page does not know yet is shown as it is. */
export function causeText({ kind, code, signal }: Cause, { t, tell }: WorkWords): string {
  if (kind === 'exit') return t('cause.exit', { code: code ?? '?' });
  if (kind === 'signal') return t('cause.signal', { signal: signal ?? '?' });
  return tell('cause', kind) ?? kind;
}
