import { usePictureUrl } from '../../frame/picture_url.js';
import { html, type View } from '../../frame/view.js';
import { saveBlob } from '../../shared/downloads.js';
import { useLoaded } from '../../shared/loading.js';
import { ActionErrorNote, ErrorNote, Loading } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { useWorkWords } from '../words/use_work_words.js';
import { type ResultKind, readResult, readResultKind, type Task } from './api.js';

/** Larger pictures are saved, not shown. */
const MAX_PICTURE_BYTES = 32 * 1024 * 1024;
const JSON_TYPE = 'application/json';

/** A picture from memory: an address that a browser could fetch itself would need the token in it. */
function Picture({ task, blob }: { task: Task; blob: Blob }): View {
  const { t } = useWorkWords();
  const url = usePictureUrl(blob);
  return url === undefined
    ? null
    : html`<img class="picture" src=${url} alt=${t('result.picture', { name: task.name })} />`;
}

/** The name of a file with the ending of its type: `image/png` -> `.png`. */
function fileName({ name }: Task, type: string): string {
  const ending = type.split(/[^a-z0-9]/).at(-1) || 'bin';
  return name.endsWith(`.${ending}`) ? name : `${name}.${ending}`;
}

function ResultFile({ task, kind }: { task: Task; kind: ResultKind }): View {
  const { t, bytes } = useWorkWords();
  const isPicture = kind.type.startsWith('image/') && kind.bytes <= MAX_PICTURE_BYTES;
  const picture = useLoaded(isPicture ? (signal) => readResult(task.id, signal) : undefined, []);
  const { isBusy, error, run } = useAction();
  const onSave = () =>
    run(async () => saveBlob(picture.value ?? (await readResult(task.id)), fileName(task, kind.type)));
  return html`${error && html`<${ActionErrorNote} error=${error} />`}
    ${picture.error && html`<${ErrorNote} error=${picture.error} />`}
    ${isPicture && picture.value === undefined && picture.isLoading && html`<${Loading} />`}
    ${picture.value && html`<${Picture} task=${task} blob=${picture.value} />`}
    <p class="tools"><button type="button" class="button" disabled=${isBusy} onClick=${onSave}>${t('result.save')}</button>
      <span class="muted small">${t('result.size', { type: kind.type, size: bytes(kind.bytes) })}</span></p>`;
}

/** What a complete task made: a picture is shown, other files can be saved; and what its function returned. */
export function TaskResult({ task }: { task: Task }): View {
  const { t } = useWorkWords();
  const kind = useLoaded((signal) => readResultKind(task.id, signal), []);
  const hasFile = kind.value !== undefined && kind.value.type !== JSON_TYPE;
  return html`<section class="card card-wide" aria-labelledby="result-title">
    <h2 id="result-title">${t('result.title')}</h2>
    ${kind.error && html`<${ErrorNote} error=${kind.error} onRetry=${kind.reload} />`}
    ${hasFile && html`<${ResultFile} task=${task} kind=${kind.value} />`}
    ${
      task.result === null
        ? !hasFile && html`<p class="muted">${t('result.none')}</p>`
        : html`<h3>${t('result.returned')}</h3>
          <pre class="json" tabindex="0" role="region" aria-label=${t('result.returned')}>${JSON.stringify(task.result, null, 2)}</pre>`
    }
  </section>`;
}
