import { type Children, html, type View } from '../../frame/view.js';
import { useWorkWords } from '../words/use_work_words.js';
import type { Task } from './api.js';
import { argsText } from './example_scene.js';

/** What was asked for, and when it happened. */
export function TaskAbout({ task }: { task: Task }): View {
  const { t, time, number, duration } = useWorkWords();
  const { attempt, max_attempts: max, priority, started, ended, locked_by: executor, args } = task;
  const facts: [string, Children][] = [
    [t('task.attempt'), t('task.attemptOf', { attempt, max })],
    [t('task.priority'), number(priority)],
    ...(started === null ? [] : [[t('task.started'), time(started)] satisfies [string, string]]),
    ...(ended === null ? [] : [[t('task.ended'), time(ended)] satisfies [string, string]]),
    ...(started === null || ended === null
      ? []
      : [[t('tasks.took'), duration(ended - started)] satisfies [string, string]]),
    ...(executor === null ? [] : [[t('task.executor'), executor] satisfies [string, string]]),
  ];
  return html`<section class="card card-wide" aria-labelledby="about-title">
    <h2 id="about-title">${t('task.about')}</h2>
    <dl class="about">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    <details><summary class="muted">${t('task.args')}</summary>
      <pre class="json" tabindex="0" role="region" aria-label=${t('task.args')}>${argsText(args)}</pre></details>
  </section>`;
}
