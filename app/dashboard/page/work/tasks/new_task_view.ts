import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { goTo } from '../../frame/navigation.js';
import { PageHeading } from '../../frame/page_heading.js';
import { type Children, html, type View } from '../../frame/view.js';
import { hasOneOf, useMe } from '../../session/me.js';
import type { Fault } from '../../shared/http_client.js';
import { useLoaded } from '../../shared/loading.js';
import { ActionErrorNote, faultText } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { taskHash } from '../place.js';
import { useWorkWords } from '../words/use_work_words.js';
import { createTask, readScripts, type ScriptModule } from './api.js';
import { argsText, EXAMPLE_ARGS } from './example_scene.js';
import { type ArgsFault, RENDER_SCRIPT, readDraft, type TaskDraft } from './task_draft.js';

const EXAMPLE = argsText(EXAMPLE_ARGS);
const LIMITS = [
  ['max_attempts', 'new.maxAttempts'],
  ['timeout_s', 'new.timeoutS'],
  ['memory_mb', 'new.memoryMb'],
  ['priority', 'new.priority'],
] as const;
/** Left empty, the service's own values hold. */
const LIMITS_LEFT_OUT = { max_attempts: '', timeout_s: '', memory_mb: '', priority: '' };

/** The choice of a script that the list does not have. */
const OTHER = 'other';

type Written = { currentTarget: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement };

type FieldProps = {
  field: keyof TaskDraft;
  label: string;
  hint?: string;
  faults: readonly string[];
  /** Renders the control with the attributes that tie it to its label, hint and faults. */
  control: (attributes: object) => Children;
};

function Field({ field, label, hint, faults, control }: FieldProps): View {
  const [hintId, faultId] = [`hint-${field}`, `fault-${field}`];
  const isBad = faults.length > 0;
  const describedBy = [hint !== undefined && hintId, isBad && faultId].filter(Boolean).join(' ');
  const attributes = {
    name: field,
    'aria-invalid': isBad ? 'true' : undefined,
    'aria-describedby': describedBy === '' ? undefined : describedBy,
  };
  return html`<div class="field"><label class="field"><span>${label}</span>${control(attributes)}</label>
    ${hint !== undefined && html`<p class="muted small" id=${hintId}>${hint}</p>`}
    ${isBad && html`<p class="fault" id=${faultId}>${faults.join('; ')}</p>`}
  </div>`;
}

/** The scripts of each file, except the one that has an option of its own. */
function ScriptOptions({ modules }: { modules: readonly ScriptModule[] }): View {
  const groups = modules.map(({ module, functions }) => {
    return {
      module,
      scripts: (functions ?? []).map((name) => `${module}.${name}`).filter((each) => each !== RENDER_SCRIPT),
    };
  });
  return html`${groups
    .filter(({ scripts }) => scripts.length > 0)
    .map(
      ({ module, scripts }) => html`<optgroup key=${module} label=${module}>
        ${scripts.map((script) => html`<option key=${script} value=${script}>${script}</option>`)}</optgroup>`,
    )}`;
}

/** The form for a new task. render.scene comes with an example; operators choose from all scripts, or name one. */
export function NewTaskView(): View {
  const words = useWorkWords();
  const { t } = words;
  const mayRunAny = hasOneOf(useMe(), ['operator']);
  const [draft, setDraft] = useState<TaskDraft>({ script: RENDER_SCRIPT, name: '', args: EXAMPLE, ...LIMITS_LEFT_OUT });
  const [isOther, setOther] = useState(false);
  const modules = useLoaded(readScripts, []).value ?? [];
  const [argsFault, setArgsFault] = useState<ArgsFault | undefined>();
  const { isBusy, error, run } = useAction();
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), [error, argsFault]);

  const write = (changes: Partial<TaskDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const input =
    (field: keyof TaskDraft) =>
    ({ currentTarget }: Written) =>
      write({ [field]: currentTarget.value });
  const choose = ({ currentTarget: { value } }: Written) => {
    setOther(value === OTHER);
    write({ script: value === OTHER ? '' : value, args: value === RENDER_SCRIPT ? EXAMPLE : '{}' });
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const read = readDraft(draft);
    setArgsFault('fault' in read ? read.fault : undefined);
    if ('fault' in read) return;
    run(async () => {
      const { id, name } = await createTask(read.task);
      announce(t('new.created', { name }));
      goTo(taskHash(id));
    });
  };

  const faults = error?.faults ?? [];
  const faultsOf = (field: string) => {
    const own = faults.filter(({ pointer }) => pointer.split('/')[1] === field);
    const told = own.map((fault: Fault) => faultText(fault, words));
    if (field !== 'args' || argsFault === undefined) return told;
    return [t(argsFault.key, 'detail' in argsFault ? { detail: argsFault.detail } : {})];
  };
  return html`<${PageHeading} title=${t('new.title')} lead=${t('new.lead')} />
    <form ref=${form} class="card new-task" aria-label=${t('new.title')} onSubmit=${submit}>
      ${error && (faults.length > 0 ? html`<p class="note note-bad" role="alert">${t('new.refused')}</p>` : html`<${ActionErrorNote} error=${error} />`)}
      <label class="field"><span>${t('new.script')}</span>
        <select value=${isOther ? OTHER : draft.script} onChange=${choose}>
          <option value=${RENDER_SCRIPT}>${t('new.render')}</option>
          <${ScriptOptions} modules=${modules} />
          ${mayRunAny && html`<option value=${OTHER}>${t('new.other')}</option>`}
        </select></label>
      ${!isOther && draft.script !== RENDER_SCRIPT && faultsOf('script').length > 0 && html`<p class="fault">${faultsOf('script').join('; ')}</p>`}
      ${
        isOther &&
        html`<${Field} field="script" label=${t('new.path')} hint=${t('new.pathHint')} faults=${faultsOf('script')}
          control=${(
            attributes: object,
          ) => html`<input ...${attributes} value=${draft.script} onInput=${input('script')} required
            maxlength="512" autocomplete="off" autocapitalize="none" spellcheck=${false} />`} />`
      }
      <${Field} field="name" label=${t('new.name')} hint=${t('new.nameHint')} faults=${faultsOf('name')}
        control=${(attributes: object) => html`<input ...${attributes} value=${draft.name} onInput=${input('name')} autocomplete="off" />`} />
      <${Field} field="args" label=${t('new.args')} faults=${faultsOf('args')}
        control=${(attributes: object) => html`<textarea ...${attributes} class="code" rows="14" spellcheck=${false}
          value=${draft.args} onInput=${input('args')}></textarea>`} />
      ${
        draft.script === RENDER_SCRIPT &&
        draft.args !== EXAMPLE &&
        html`<p><button type="button" class="button button-quiet" onClick=${() => write({ args: EXAMPLE })}>${t('new.example')}</button></p>`
      }
      <details open=${LIMITS.some(([field]) => faultsOf(field).length > 0) || undefined}><summary class="muted">${t('new.limits')}</summary>
        <div class="editor-fields">${LIMITS.map(
          ([field, label]) => html`<${Field} key=${field} field=${field} label=${t(label)} faults=${faultsOf(field)}
            control=${(attributes: object) => html`<input ...${attributes} value=${draft[field]} onInput=${input(field)}
              inputmode="numeric" autocomplete="off" />`} />`,
        )}</div></details>
      <p class="tools"><button class="button button-main" disabled=${isBusy}>${t('new.create')}</button></p>
    </form>`;
}
