import { html, type View } from '../../frame/view.js';
import type { Fault } from '../../shared/http_client.js';
import { FaultField } from '../shared/fault_field.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import type { Camera, NewCamera } from './api.js';

/** Converts numbers; other text is sent as it is, and the service reports the fault. */
function readNumber(text: string): number {
  const value = Number(text.trim().replace(',', '.'));
  return (text.trim() !== '' && Number.isFinite(value) ? value : text) as number;
}

/** The texts of the fields of a form. */
export function readCameraFields(form: HTMLFormElement): NewCamera {
  const fields = new FormData(form);
  const text = (name: string) => String(fields.get(name) ?? '');
  return {
    GPScoords: { latitude: readNumber(text('latitude')), longitude: readNumber(text('longitude')) },
    CameraType: text('type'),
    description: text('description').trim(),
  };
}

type CameraFieldsProps = { camera?: Camera; typeNames: readonly string[]; faults: readonly Fault[] };

/** The fields of a camera that is there, or of a new one. */
export function CameraFields({ camera, typeNames, faults }: CameraFieldsProps): View {
  const { t } = useTrafficWords();
  const { latitude = '', longitude = '' } = camera?.GPScoords ?? {};
  const coordinate = (name: 'latitude' | 'longitude', value: number | string) =>
    html`<${FaultField} label=${t(`cameras.${name}`)} pointer=${`/GPScoords/${name}`} faults=${faults}
      control=${(attributes: object) => html`<input ...${attributes} name=${name} defaultValue=${value} required inputmode="decimal" autocomplete="off" />`} />`;
  return html`<div class="tools">
    <${FaultField} label=${t('cameras.description')} pointer="/description" faults=${faults}
      control=${(attributes: object) => html`<input ...${attributes} name="description" defaultValue=${camera?.description ?? ''} maxlength="100" autocomplete="off" />`} />
    <${FaultField} label=${t('cameras.type')} pointer="/CameraType" faults=${faults}
      control=${(attributes: object) => html`<select ...${attributes} name="type">
        ${typeNames.map((name) => html`<option value=${name} selected=${name === camera?.CameraType}>${name}</option>`)}</select>`} />
    ${coordinate('latitude', latitude)} ${coordinate('longitude', longitude)}
  </div>`;
}
