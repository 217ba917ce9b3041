import { type Children, html, type View } from '../../frame/view.js';
import type { Fault } from '../../shared/http_client.js';
import { FaultField } from '../shared/fault_field.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { FIELD_TYPES, type FieldType } from './api.js';
import { type FieldDraft, type FieldOption, newField, OPTIONS_OF } from './type_draft.js';

/** The service takes no more levels. */
const MAX_DEPTH = 8;
const NARROW: readonly string[] = ['min_length', 'max_length', 'ge', 'le'];

type Written = { currentTarget: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement };

type FieldEditorProps = {
  field: FieldDraft;
  pointer: string;
  depth: number;
  faults: readonly Fault[];
  onChange: (field: FieldDraft) => void;
  onRemove: () => void;
};

function FieldEditor({ field, pointer, depth, faults, onChange, onRemove }: FieldEditorProps): View {
  const { t } = useTrafficWords();
  const write =
    (name: keyof FieldDraft) =>
    ({ currentTarget }: Written) =>
      onChange({ ...field, [name]: currentTarget.value });
  const control = (name: FieldOption | 'key' | 'type', render: (attributes: object) => Children) =>
    html`<${FaultField} label=${t(`field.${name}`)} pointer=${`${pointer}/${name}`} faults=${faults}
      isNarrow=${NARROW.includes(name)} control=${render} />`;
  const option = (name: FieldOption) =>
    control(name, (attributes) =>
      name === 'enum'
        ? html`<textarea ...${attributes} class="code" rows=${Math.max(1, field.enum.split('\n').length)} value=${field.enum} onInput=${write('enum')} spellcheck=${false}></textarea>`
        : html`<input ...${attributes} class="code" value=${field[name]} onInput=${write(name)} autocomplete="off" spellcheck=${false} />`,
    );
  const types = FIELD_TYPES.filter((type) => type !== 'dict' || depth < MAX_DEPTH || field.type === 'dict');
  const name = field.key === '' ? t('field.unnamed') : field.key;
  return html`<fieldset class="type-field"><legend class="for-readers">${t('field.of', { name })}</legend>
    <div class="tools">
      ${control('key', (attributes) => html`<input ...${attributes} class="code" value=${field.key} onInput=${write('key')} autocomplete="off" spellcheck=${false} />`)}
      ${control(
        'type',
        (attributes) => html`<select ...${attributes} value=${field.type}
          onChange=${({ currentTarget }: Written) => onChange({ ...field, type: currentTarget.value as FieldType })}>
          ${types.map((type) => html`<option value=${type}>${type}</option>`)}</select>`,
      )}
      <label class="check"><input type="checkbox" checked=${field.isRequired}
        onChange=${() => onChange({ ...field, isRequired: !field.isRequired })} /> <span>${t('field.required')}</span></label>
      ${OPTIONS_OF[field.type].map(option)}
      <button type="button" class="button button-quiet" aria-label=${t('field.removeOf', { name })} onClick=${onRemove}>${t('field.remove')}</button>
    </div>
    ${
      field.type === 'dict' &&
      html`<${FieldList} fields=${field.fields} pointer=${`${pointer}/fields`} depth=${depth + 1} faults=${faults}
        label=${t('field.within', { name })} within=${name} onChange=${(fields: FieldDraft[]) => onChange({ ...field, fields })} />`
    }
  </fieldset>`;
}

type FieldListProps = {
  fields: readonly FieldDraft[];
  pointer: string;
  /** The top level is the first. */
  depth: number;
  faults: readonly Fault[];
  label: string;
  /** The key of the dict; undefined on the top level. */
  within?: string;
  onChange: (fields: FieldDraft[]) => void;
};

/** The fields of a record, or of a dict within it. */
export function FieldList({ fields, pointer, depth, faults, label, within, onChange }: FieldListProps): View {
  const { t } = useTrafficWords();
  return html`<div class="type-fields" role="group" aria-label=${label}>
    ${fields.map(
      (
        field,
        place,
      ) => html`<${FieldEditor} key=${field.id} field=${field} pointer=${`${pointer}/${place}`} depth=${depth}
        faults=${faults} onChange=${(changed: FieldDraft) => onChange(fields.map((each) => (each === field ? changed : each)))}
        onRemove=${() => onChange(fields.filter((each) => each !== field))} />`,
    )}
    <p><button type="button" class="button button-quiet" onClick=${() => onChange([...fields, newField()])}>
      ${within === undefined ? t('field.add') : t('field.addTo', { name: within })}</button></p>
  </div>`;
}
