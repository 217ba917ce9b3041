import { html, type View } from '../../frame/view.js';
import type { Answer } from '../../shared/http_client.js';
import { useWords } from '../../words/use_words.js';
import type { Words } from '../../words/words.js';
import type { Citizen } from '../api.js';
import { CitizenEditor } from './citizen_editor.js';

/** Number of relatives listed in a row; of longer lists only the length is shown. */
const MAX_RELATIVES = 4;
const COLUMNS = ['citizen_id', 'name', 'town', 'address', 'birth_date', 'gender', 'relatives'] as const;

function relativesText(relatives: readonly number[], { number }: Words): string {
  const more = relatives.length - MAX_RELATIVES;
  return `${relatives.slice(0, MAX_RELATIVES).join(', ')}${more > 0 ? ` +${number(more)}` : ''}`;
}

type CitizensTableProps = {
  importId: number;
  citizens: readonly Citizen[];
  /** The citizen being edited: the form replaces its row, or is shown on top if the row is gone. */
  edited: Answer<Citizen> | undefined;
  onEdit(citizenId: number): void;
  readStored(citizenId: number): Promise<Answer<Citizen>>;
  onEnd(isSaved: boolean): void;
};

function Row({ citizen, onEdit, words }: { citizen: Citizen; onEdit: (id: number) => void; words: Words }): View {
  const { t } = words;
  const { citizen_id: id, street, building, apartment } = citizen;
  return html`<tr>
    <td class="number">${id}</td>
    <th scope="row">${citizen.name}</th>
    <td>${citizen.town}</td>
    <td>${street}, ${building}, ${apartment}</td>
    <td class="nowrap">${citizen.birth_date}</td>
    <td>${t(`gender.${citizen.gender}`)}</td>
    <td>${relativesText(citizen.relatives, words)}</td>
    <td><button type="button" id="edit-${id}" class="button button-quiet"
      aria-label=${t('citizens.editOf', { id: String(id) })} onClick=${() => onEdit(id)}>${t('citizens.edit')}</button></td>
  </tr>`;
}

export function CitizensTable(props: CitizensTableProps): View {
  const { importId, citizens, edited, onEdit, readStored, onEnd } = props;
  const words = useWords();
  const { t } = words;
  const editedId = edited?.body.citizen_id;
  // A stable key keeps the form, and what was typed, while rows around it change.
  const editor =
    edited &&
    html`<tr key="edited"><td colspan=${COLUMNS.length + 1} class="editor-cell">
      <${CitizenEditor} key=${editedId} importId=${importId} begun=${edited}
        readStored=${() => readStored(edited.body.citizen_id)} onEnd=${onEnd} /></td></tr>`;
  const isOnPage = citizens.some(({ citizen_id }) => citizen_id === editedId);
  if (citizens.length === 0 && !editor) return html`<p class="note">${t('citizens.none')}</p>`;
  return html`<div class="table-box" role="region" aria-label=${t('citizens.title')} tabindex="0"><table class="citizens">
    <caption class="for-readers">${t('citizens.title')}</caption>
    <thead><tr>${COLUMNS.map(
      (column) =>
        html`<th key=${column} scope="col" class=${column === 'citizen_id' && 'number'}>${t(`field.${column}`)}</th>`,
    )}<th scope="col">${t('citizens.actions')}</th></tr></thead>
    <tbody>
      ${[
        !isOnPage && editor,
        ...citizens.map((citizen) =>
          citizen.citizen_id === editedId
            ? editor
            : html`<${Row} key=${citizen.citizen_id} citizen=${citizen} onEdit=${onEdit} words=${words} />`,
        ),
      ]}
    </tbody></table></div>`;
}
