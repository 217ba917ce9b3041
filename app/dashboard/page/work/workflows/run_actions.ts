import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import { useWorkWords } from '../words/use_work_words.js';
import { isActive, runWorkflow, stopWorkflow, type WorkflowName, type WorkflowStatus } from './api.js';

type RunActionsProps = {
  name: WorkflowName;
  status: WorkflowStatus;
  isBusy: boolean;
  run(act: () => Promise<void>): void;
  onDone(): void;
};

/** Starts a workflow, or stops the run that goes on. */
export function RunActions({ name, status, isBusy, run, onDone }: RunActionsProps): View {
  const { t } = useWorkWords();
  const { workflow } = name;
  const what = isActive(status) ? 'stop' : 'run';
  const onClick = () =>
    run(async () => {
      await (what === 'stop' ? stopWorkflow : runWorkflow)(name);
      announce(t(what === 'stop' ? 'workflow.stopping' : 'workflow.started', { name: workflow }));
      onDone();
    });
  return html`<button type="button" class="button button-quiet" disabled=${isBusy || status === 'stopping'}
    aria-label=${t(`workflow.${what}Of`, { name: workflow })} onClick=${onClick}>${t(`workflow.${what}`)}</button>`;
}
