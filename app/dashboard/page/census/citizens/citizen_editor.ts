import { useLayoutEffect, useRef } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import type { Answer } from '../../shared/http_client.js';
import { ActionErrorNote, faultText } from '../../shared/notes.js';
import { useWords } from '../../words/use_words.js';
import type { Words } from '../../words/words.js';
import type { Citizen } from '../api.js';
import { FIELDS, type Field } from './citizen_draft.js';
import { type Editing, useEditing } from './citizen_editing.js';

const GENDERS = ['male', 'female'] as const;

/** Formats a value in the user's language. */
function shown(field: Field, text: string, { t }: Words): string {
  const gender = GENDERS.find((known) => field === 'gender' && known === text);
  return gender ? t(`gender.${gender}`) : text;
}

function FieldInput({ field, editing, words }: { field: Field; editing: Editing; words: Words }): View {
  const { t } = words;
  const faults = (editing.error?.faults ?? []).filter(({ pointer }) => pointer.split('/')[1] === field);
  const faultId = `fault-${field}`;
  const onInput = ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLSelectElement }) =>
    editing.write(field, currentTarget.value);
  const common = {
    name: field,
    value: editing.draft[field],
    onInput,
    'aria-invalid': faults.length > 0 ? 'true' : undefined,
    'aria-describedby': faults.length > 0 ? faultId : undefined,
  };
  return html`<div class="field field-${field}"><label><span>${t(`field.${field}`)}</span>
    ${
      field === 'gender'
        ? html`<select ...${common}>
          ${GENDERS.map((gender) => html`<option value=${gender}>${t(`gender.${gender}`)}</option>`)}
        </select>`
        : html`<input ...${common} autocomplete="off" placeholder=${field === 'birth_date' ? t('citizens.dateForm') : ''} />`
    }</label>
    ${
      faults.length > 0 &&
      html`<p class="fault" id=${faultId}>${faults.map((fault) => faultText(fault, words)).join('; ')}</p>`
    }
  </div>`;
}

function Conflicts({ editing, words }: { editing: Editing; words: Words }): View {
  const { t } = words;
  const { conflicts, draft, base, write } = editing;
  return html`<section class="note note-bad" role="alert" aria-labelledby="conflict-title">
    <h3 id="conflict-title">${t('conflict.title')}</h3>
    <p>${t('conflict.lead')}</p>
    <table><thead><tr><th scope="col">${t('conflict.field')}</th><th scope="col">${t('conflict.mine')}</th>
      <th scope="col">${t('conflict.stored')}</th><td></td></tr></thead>
      <tbody>${conflicts.map((field) => {
        const name = t(`field.${field}`);
        return html`<tr key=${field}><th scope="row">${name}</th><td>${shown(field, draft[field], words)}</td>
          <td>${shown(field, base[field], words)}</td>
          <td><button type="button" class="button" aria-label=${t('conflict.takeOf', { field: name })}
            disabled=${draft[field] === base[field]} onClick=${() => write(field, base[field])}>${t('conflict.take')}</button></td></tr>`;
      })}</tbody></table>
  </section>`;
}

type CitizenEditorProps = {
  importId: number;
  begun: Answer<Citizen>;
  readStored(): Promise<Answer<Citizen>>;
  /** `isSaved` is true if something was stored. */
  onEnd(isSaved: boolean): void;
};

/** The form that replaces the row of a citizen. Enter saves, Escape cancels. */
export function CitizenEditor({ importId, begun, readStored, onEnd }: CitizenEditorProps): View {
  const words = useWords();
  const { t } = words;
  const citizenId = begun.body.citizen_id;
  const form = useRef<HTMLFormElement>(null);
  const onSaved = () => {
    announce(t('citizens.saved', { id: String(citizenId) }));
    onEnd(true);
  };
  const editing = useEditing({ importId, citizenId, begun, readStored, onSaved });
  const { error, conflicts, isSaving } = editing;
  // Focus synchronously, before the user can type: a later change of focus would redirect keystrokes from another
  // field.
  useLayoutEffect(() => form.current?.querySelector('input')?.focus(), []);
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), [error]);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!isSaving) void editing.save();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onEnd(false);
  };
  return html`<form ref=${form} class="editor" aria-label=${t('citizens.editing', { id: String(citizenId) })} onSubmit=${submit}
    onKeyDown=${onKeyDown}>
    <p class="editor-title"><strong>${t('citizens.editing', { id: String(citizenId) })}</strong></p>
    ${conflicts.length > 0 && html`<${Conflicts} editing=${editing} words=${words} />`}
    ${
      error &&
      (error.faults.length > 0
        ? html`<p class="note note-bad" role="alert">${t('citizens.refused')}</p>`
        : html`<${ActionErrorNote} error=${error} />`)
    }
    <div class="editor-fields">${FIELDS.map(
      (field) => html`<${FieldInput} key=${field} field=${field} editing=${editing} words=${words} />`,
    )}</div>
    <p class="tools">
      <button class="button button-main" disabled=${isSaving}>
        ${t(isSaving ? 'citizens.saving' : conflicts.length > 0 ? 'conflict.save' : 'citizens.save')}</button>
      <button type="button" class="button" onClick=${() => onEnd(false)}>${t('citizens.cancel')}</button>
    </p>
  </form>`;
}
