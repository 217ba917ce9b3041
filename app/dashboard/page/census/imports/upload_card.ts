import { useRef, useState } from 'preact/hooks';
import { classes, html, type View } from '../../frame/view.js';
import { useWords } from '../../words/use_words.js';
import { type FileFormat, makeIdempotencyKey, readFileName, type UploadJob } from './upload.js';
import { UploadStatus } from './upload_status.js';

const FORMATS: readonly FileFormat[] = ['json', 'ndjson', 'csv'];

/** Accepts a file by drag and drop or by choice, and shows the progress and the outcome of its upload. */
export function UploadCard({ onStored }: { onStored: () => void }): View {
  const { t } = useWords();
  const [format, setFormat] = useState<FileFormat | undefined>();
  const [isDryRun, setIsDryRun] = useState(false);
  const [isOver, setIsOver] = useState(false);
  const [job, setJob] = useState<UploadJob | undefined>();
  const [unknown, setUnknown] = useState<string | undefined>();
  const input = useRef<HTMLInputElement>(null);

  function take(files: FileList | null | undefined): void {
    const [file] = files ?? [];
    if (file === undefined) return;
    const chosen = format ?? readFileName(file.name).format;
    setUnknown(chosen === undefined ? file.name : undefined);
    setJob(chosen && { file, format: chosen, isDryRun, idempotencyKey: makeIdempotencyKey() });
    // Allows the same file to be chosen again after it has been corrected.
    if (input.current) input.current.value = '';
  }

  const over = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(true);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    take(event.dataTransfer?.files);
  };
  return html`<section class="card upload" aria-labelledby="upload-title">
    <h2 id="upload-title">${t('upload.title')}</h2>
    <div class=${classes('drop', isOver && 'drop-over')} onDragOver=${over} onDragLeave=${() => setIsOver(false)}
      onDrop=${drop}>
      <p>${t('upload.drop')}${' '}
        <label class="link-like">${t('upload.choose')}<input ref=${input} class="for-readers" type="file"
          accept=".json,.ndjson,.jsonl,.csv,.gz" onChange=${() => take(input.current?.files)} /></label></p>
      <p class="muted small">${t('upload.kinds')}</p>
    </div>
    <div class="tools">
      <label class="field field-inline"><span>${t('upload.format')}</span>
        <select value=${format ?? ''} onChange=${({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
          setFormat((currentTarget.value || undefined) as FileFormat | undefined)}>
          <option value="">${t('upload.byName')}</option>
          ${FORMATS.map((each) => html`<option value=${each}>${each.toUpperCase()}</option>`)}
        </select></label>
      <label class="check"><input type="checkbox" checked=${isDryRun}
        onChange=${({ currentTarget }: { currentTarget: HTMLInputElement }) => setIsDryRun(currentTarget.checked)} />
        <span>${t('upload.dryRun')}</span></label>
    </div>
    ${unknown && html`<p class="note note-bad" role="alert">${t('upload.unknownFormat', { name: unknown })}</p>`}
    ${job && html`<${UploadStatus} key=${job.idempotencyKey} job=${job} onStored=${onStored} onClose=${() => setJob(undefined)} />`}
  </section>`;
}
