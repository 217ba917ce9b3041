import { useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import { ShownSecret } from '../../shared/shown_secret.js';
import { useAction } from '../../shared/use_action.js';
import { RefusalNote } from '../shared/fault_field.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { registerCamera, renewToken } from './api.js';
import { CameraFields, readCameraFields } from './camera_fields.js';

type Registered = { id: string; token: string };

/** Registers a camera and makes its token, which is shown this once. */
export function RegisterForm({ typeNames, onDone }: { typeNames: readonly string[]; onDone: () => void }): View {
  const { t } = useTrafficWords();
  const [made, setMade] = useState<Registered | undefined>();
  const { isBusy, error, run } = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    setMade(undefined);
    run(async () => {
      const id = await registerCamera(readCameraFields(form));
      onDone();
      form.reset();
      announce(t('cameras.registered', { id }));
      setMade({ id, token: await renewToken(id) });
    });
  };
  return html`<details class="card"><summary><h2>${t('cameras.new')}</h2></summary>
    <form class="stacked" aria-label=${t('cameras.new')} onSubmit=${submit}>
      <${RefusalNote} error=${error} />
      <${CameraFields} typeNames=${typeNames} faults=${error?.faults ?? []} />
      <p class="tools"><button class="button button-main" disabled=${isBusy}>${t('cameras.register')}</button></p>
      ${made && html`<${ShownSecret} key=${made.id} lead=${t('cameras.tokenOnce', { id: made.id })} secret=${made.token} />`}
    </form></details>`;
}
