import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import { useAction } from '../../shared/use_action.js';
import { FaultField, RefusalNote } from '../shared/fault_field.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { CASE_MEMBERS, type CameraType, type CaseMember, saveType, type Trial, tryType } from './api.js';
import { FieldList } from './field_editor.js';
import { JsonForm } from './json_form.js';
import { TrialNote } from './trial_note.js';
import { type FieldDraft, type TypeDraft, toDefinition } from './type_draft.js';

type TypeFormProps = {
  /** Of a type that is there. */
  name: string | undefined;
  draft: TypeDraft;
  onDraft: (draft: TypeDraft) => void;
  onSaved: (type: CameraType) => void;
};

/** Characters of a line, and lines, that a long expression is shown in. */
const LINE_LENGTH = 90;
const MAX_ROWS = 8;

function rowsOf(text: string): number {
  const rows = text.split('\n').reduce((sum, line) => sum + Math.ceil((line.length + 1) / LINE_LENGTH), 0);
  return Math.min(rows, MAX_ROWS);
}

type Written = { currentTarget: HTMLInputElement | HTMLTextAreaElement };

/** The fields of a record, and how a case is made of it; tried on stored cases before it is stored. */
export function TypeForm({ name, draft, onDraft, onSaved }: TypeFormProps): View {
  const { t } = useTrafficWords();
  const [newName, setNewName] = useState('');
  const [trial, setTrial] = useState<Trial | undefined>();
  const { isBusy, error, run } = useAction();
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), [error]);
  const faults = error?.faults ?? [];
  const typeName = name ?? newName.trim();

  const change = (changes: Partial<TypeDraft>) => {
    setTrial(undefined);
    onDraft({ ...draft, ...changes });
  };
  const tryOut = () => run(async () => setTrial(await tryType(typeName, toDefinition(draft))));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    run(async () => {
      const saved = await saveType(typeName, toDefinition(draft));
      announce(t('types.saved', { name: saved.name, version: saved.version }));
      setTrial(undefined);
      onSaved(saved);
    });
  };
  const expression = (member: CaseMember) => html`<${FaultField} key=${member} label=${t(`member.${member}`)}
    pointer=${`/case/${member}`} faults=${faults}
    control=${(
      attributes: object,
    ) => html`<textarea ...${attributes} class="code" rows=${rowsOf(draft.case[member])} spellcheck=${false} value=${draft.case[member]}
      onInput=${({ currentTarget }: Written) => change({ case: { ...draft.case, [member]: currentTarget.value } })}></textarea>`} />`;
  return html`<form ref=${form} class="card" aria-label=${t('types.form')} onSubmit=${submit} novalidate>
    <${RefusalNote} error=${error} />
    ${
      name === undefined &&
      html`<${FaultField} label=${t('types.name')} pointer="/path/type_name" faults=${faults}
        control=${(
          attributes: object,
        ) => html`<input ...${attributes} class="code" value=${newName} maxlength="64" autocomplete="off" autocapitalize="none" spellcheck=${false}
          onInput=${({ currentTarget }: Written) => setNewName(currentTarget.value)} />`} />`
    }
    <div><h2>${t('types.fields')}</h2><p class="muted small">${t('types.fieldsLead')}</p></div>
    <${FieldList} fields=${draft.fields} pointer="/fields" depth=${1} faults=${faults} label=${t('types.fields')}
      onChange=${(fields: FieldDraft[]) => change({ fields })} />
    <div><h2>${t('types.case')}</h2><p class="muted small">${t('types.caseLead')}</p></div>
    <div class="type-case">${CASE_MEMBERS.map(expression)}</div>
    <${JsonForm} draft=${draft} onTake=${change} />
    ${trial && html`<${TrialNote} trial=${trial} />`}
    <p class="tools"><button type="button" class="button" disabled=${isBusy} onClick=${tryOut}>${t('types.try')}</button>
      <button class="button button-main" disabled=${isBusy}>${t('types.save')}</button></p>
  </form>`;
}
