import { useState } from 'preact/hooks';
import { useDialog } from '../../frame/use_dialog.js';
import { html, type View } from '../../frame/view.js';
import { ShownSecret } from '../../shared/shown_secret.js';
import { useAction } from '../../shared/use_action.js';
import { RefusalNote } from '../shared/fault_field.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { type Camera, changeCamera, removeCamera, renewToken } from './api.js';
import { CameraFields, readCameraFields } from './camera_fields.js';

type CameraDialogProps = {
  camera: Camera;
  typeNames: readonly string[];
  hasCases: boolean;
  /** `hasChanged`: the list is another one now. */
  onEnd: (hasChanged: boolean) => void;
};

/** Changes a camera, makes a new token for it, or removes it while it has no cases. */
export function CameraDialog({ camera, typeNames, hasCases, onEnd }: CameraDialogProps): View {
  const { t } = useTrafficWords();
  const { id } = camera;
  const { element, close, done, onClose } = useDialog(onEnd);
  const [token, setToken] = useState<string | undefined>();
  const [isSure, setSure] = useState(false);
  const { isBusy, error, run } = useAction();

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const { CameraType, ...fields } = readCameraFields(form);
    const enabled = new FormData(form).has('enabled');
    // The type of a camera that has cases stays, and is refused even where it is the same.
    const type = CameraType === camera.CameraType ? {} : { CameraType };
    run(async () => {
      await changeCamera(id, { ...fields, ...type, enabled });
      done(t('cameras.saved'));
    });
  };
  const renew = () => run(async () => setToken(await renewToken(id)));
  const remove = () =>
    run(async () => {
      await removeCamera(id);
      done(t('cameras.removed'));
    });
  return html`<dialog ref=${element} aria-labelledby="camera-title" onClose=${onClose}>
    <h2 id="camera-title">${t('cameras.changing', { name: camera.description || id })}</h2>
    <p class="small"><code>${id}</code></p>
    <${RefusalNote} error=${error} />
    <form class="stacked" aria-labelledby="camera-title" onSubmit=${submit}>
      <${CameraFields} camera=${camera} typeNames=${typeNames} faults=${error?.faults ?? []} />
      <label class="check"><input type="checkbox" name="enabled" defaultChecked=${camera.enabled} />
        <span>${t('cameras.isEnabled')}</span></label>
      <p class="tools"><button class="button button-main" disabled=${isBusy}>${t('cameras.save')}</button>
        <button type="button" class="button" onClick=${close}>${t('cameras.close')}</button></p>
    </form>
    <div class="stacked"><p class="muted small">${t('cameras.tokenLead')}</p>
      <p class="tools"><button type="button" class="button" disabled=${isBusy} onClick=${renew}>${t('cameras.newToken')}</button></p>
      ${token && html`<${ShownSecret} key=${token} lead=${t('cameras.tokenOnce', { id })} secret=${token} />`}</div>
    ${
      isSure
        ? html`<div class="note note-bad"><p>${t('cameras.removeSure')}</p>
          <p class="tools"><button type="button" class="button button-bad" disabled=${isBusy} onClick=${remove}>${t('cameras.removeYes')}</button>
            <button type="button" class="button" onClick=${() => setSure(false)}>${t('cameras.close')}</button></p></div>`
        : !hasCases &&
          html`<p><button type="button" class="button button-quiet" onClick=${() => setSure(true)}>${t('cameras.remove')}</button></p>`
    }
  </dialog>`;
}
