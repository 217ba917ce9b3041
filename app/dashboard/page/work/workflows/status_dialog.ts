import { useEffect, useRef } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import { ActionErrorNote } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { useWorkWords } from '../words/use_work_words.js';
import { setStatus, TASK_STATUSES, type WorkflowName } from './api.js';

type StatusDialogProps = { name: WorkflowName; task: string; onDone: () => void; onEnd: () => void };

/** Forces a status on a task. */
export function StatusDialog({ name, task, onDone, onEnd }: StatusDialogProps): View {
  const { t, tell } = useWorkWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const { isBusy, error, run } = useAction();
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    run(async () => {
      await setStatus(name, task, String(fields.get('status')), String(fields.get('why')).trim());
      announce(t('workflow.forced', { name: task }));
      onDone();
      dialog.current?.close();
    });
  };
  return html`<dialog ref=${dialog} aria-labelledby="status-title" onClose=${onEnd}>
    <h2 id="status-title">${t('workflow.setStatusOf', { name: task })}</h2>
    <p class="muted small">${t('workflow.setStatusLead')}</p>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <form class="ack" aria-labelledby="status-title" onSubmit=${submit}>
      <label class="field"><span>${t('tasks.status')}</span>
        <select name="status">${TASK_STATUSES.map((status) => html`<option value=${status}>${tell('run', status) ?? status}</option>`)}</select></label>
      <label class="field"><span>${t('history.why')}</span><input name="why" maxlength="1024" autocomplete="off" /></label>
      <p class="tools"><button class="button button-main" disabled=${isBusy}>${t('workflow.setStatus')}</button>
        <button type="button" class="button" onClick=${() => dialog.current?.close()}>${t('workflow.cancel')}</button></p>
    </form></dialog>`;
}
