import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import { useWorkWords } from '../words/use_work_words.js';
import { cancelTask, isOpen, retryTask, type Task } from './api.js';

type TaskActionsProps = {
  task: Pick<Task, 'id' | 'name' | 'status'>;
  isBusy: boolean;
  run(act: () => Promise<void>): void;
  onDone(): void;
};

/** Cancels a task that has not ended, and runs one again that has. */
export function TaskActions({ task, isBusy, run, onDone }: TaskActionsProps): View {
  const { t } = useWorkWords();
  const { id, name } = task;
  const [what, act] = isOpen(task.status) ? (['cancel', cancelTask] as const) : (['retry', retryTask] as const);
  const onClick = () =>
    run(async () => {
      await act(id);
      announce(t(what === 'cancel' ? 'task.cancelAsked' : 'task.retried', { name }));
      onDone();
    });
  return html`<button type="button" class="button button-quiet" disabled=${isBusy} aria-label=${t(`task.${what}Of`, { name })}
    onClick=${onClick}>${t(`task.${what}`)}</button>`;
}
