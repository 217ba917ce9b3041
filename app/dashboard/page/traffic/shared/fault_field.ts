import { type Children, classes, html, type View } from '../../frame/view.js';
import type { ApiError, Fault } from '../../shared/http_client.js';
import { ActionErrorNote, faultText } from '../../shared/notes.js';
import { useTrafficWords } from '../words/use_traffic_words.js';

/** Whether a fault is at the pointer, or within what is there. */
function isAt(pointer: string, fault: Fault): boolean {
  return fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`);
}

/** A pointer as the id of an element. */
function idOf(pointer: string): string {
  return `at${pointer.replaceAll(/[^\w]/g, '-')}`;
}

type FaultFieldProps = {
  label: string;
  /** Where the value is in the body that is sent. */
  pointer: string;
  faults: readonly Fault[];
  /** For numbers. */
  isNarrow?: boolean;
  /** Renders the control with the attributes that tie it to its faults. */
  control: (attributes: object) => Children;
};

/** A control with its label, and with the faults that the service found there. */
export function FaultField({ label, pointer, faults, isNarrow = false, control }: FaultFieldProps): View {
  const words = useTrafficWords();
  const own = faults.filter((fault) => isAt(pointer, fault));
  const id = idOf(pointer);
  const attributes = own.length > 0 ? { 'aria-invalid': 'true', 'aria-describedby': id } : {};
  return html`<div class=${classes('field', isNarrow && 'field-narrow')}>
    <label class="field"><span>${label}</span>${control(attributes)}</label>
    ${own.length > 0 && html`<p class="fault" id=${id}>${own.map((fault) => faultText(fault, words)).join('; ')}</p>`}
  </div>`;
}

/** Why the service refused a form: all faults with their pointers; fields show their own once more. */
export function RefusalNote({ error }: { error: ApiError | undefined }): View {
  const words = useTrafficWords();
  if (error === undefined) return null;
  if (error.faults.length === 0) return html`<${ActionErrorNote} error=${error} />`;
  return html`<div class="note note-bad" role="alert"><p>${words.t('form.refused', { count: error.faultCount })}</p>
    <ul class="fault-list">${error.faults.map(
      (fault) =>
        html`<li key=${`${fault.pointer} ${fault.code}`}><code>${fault.pointer}</code> ${faultText(fault, words)}</li>`,
    )}</ul></div>`;
}
