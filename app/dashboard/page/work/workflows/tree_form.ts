import { useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import { errorText, faultText } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { useWorkWords } from '../words/use_work_words.js';
import { applyTree, TREE_USES, type TreeUse } from './api.js';

const EXAMPLE = {
  context: {
    project: {
      name: 'pr1',
      workflows: [
        {
          name: 'wf1',
          tasks: [
            { name: 't11', exec: 'parallel', function: 'simple', params: ['10'] },
            { name: 't12', exec: 'await', function: 'simple', params: ['5'] },
          ],
        },
      ],
    },
  },
};

/** More names tell nobody more. */
const MAX_NAMES = 20;

export function treeText(tree: object): string {
  return JSON.stringify(tree, null, 2);
}

/** The tree that a text has; undefined with what is wrong with it. */
function readText(text: string): { tree: object } | { detail: string } {
  try {
    const tree: unknown = JSON.parse(text);
    return typeof tree === 'object' && tree !== null && !Array.isArray(tree)
      ? { tree }
      : { detail: '{ "context": … }' };
  } catch (reason) {
    return { detail: (reason as Error).message };
  }
}

type Outcome = { isDry: boolean; names: readonly string[] };
type TreeFormProps = { text: string; onText: (text: string) => void; onChanged: () => void };

/** Makes, changes and deletes workflows by a tree. */
export function TreeForm({ text, onText, onChanged }: TreeFormProps): View {
  const words = useWorkWords();
  const { t } = words;
  const [use, setUse] = useState<TreeUse>('create');
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const [notJson, setNotJson] = useState<string | undefined>();
  const { isBusy, error, run } = useAction();
  const namesText = (names: readonly string[]) => {
    const shown = names.length > MAX_NAMES ? [...names.slice(0, MAX_NAMES), '…'] : names;
    return shown.length === 0 ? t('tree.nothing') : shown.join(', ');
  };
  const apply = (isDry: boolean) => {
    const read = readText(text);
    setOutcome(undefined);
    setNotJson('detail' in read ? read.detail : undefined);
    if ('detail' in read) return;
    run(async () => {
      const names = await applyTree(use, read.tree, isDry);
      setOutcome({ isDry, names });
      if (isDry) return;
      announce(t('tree.done', { names: namesText(names) }));
      onChanged();
    });
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    apply(false);
  };
  type Written = { currentTarget: HTMLSelectElement | HTMLTextAreaElement };
  return html`<form class="tree-form" aria-label=${t('tree.title')} onSubmit=${submit}>
    <p class="muted small">${t('tree.lead')}</p>
    <label class="field"><span>${t('tree.use')}</span>
      <select value=${use} onChange=${({ currentTarget }: Written) => setUse(currentTarget.value as TreeUse)}>
        ${TREE_USES.map((each) => html`<option value=${each}>${t(`tree.${each}`)}</option>`)}</select></label>
    <label class="field"><span>${t('tree.text')}</span>
      <textarea class="code" rows="14" spellcheck=${false} value=${text} aria-invalid=${notJson === undefined ? undefined : 'true'}
        onInput=${({ currentTarget }: Written) => onText(currentTarget.value)}></textarea></label>
    ${notJson !== undefined && html`<p class="fault" role="alert">${t('new.notJson', { detail: notJson })}</p>`}
    ${
      error &&
      html`<div class="note note-bad" role="alert"><p>${errorText(error, words)}</p>
        ${error.faults.map((fault) => html`<p><code>${fault.pointer}</code> ${faultText(fault, words)}</p>`)}</div>`
    }
    ${
      outcome &&
      html`<p class="note note-good">${t(outcome.isDry ? 'tree.would' : 'tree.done', { names: namesText(outcome.names) })}</p>`
    }
    <p class="tools"><button class="button button-main" disabled=${isBusy}>${t('tree.apply')}</button>
      <button type="button" class="button" disabled=${isBusy} onClick=${() => apply(true)}>${t('tree.check')}</button></p>
  </form>`;
}

export const EXAMPLE_TREE: string = treeText(EXAMPLE);
