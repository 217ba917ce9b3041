import { useRef, useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { classes, html, type View } from '../../frame/view.js';
import { ActionErrorNote } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { useWorkWords } from '../words/use_work_words.js';
import { uploadFile } from './api.js';

type Sending = { path: string; sent: number; total: number; stop: AbortController };

/** `reports`, `/reports/` -> `reports/`; nothing for the top. */
function folderPath(text: string): string {
  const folder = text
    .trim()
    .split('/')
    .filter((part) => part !== '')
    .join('/');
  return folder === '' ? '' : `${folder}/`;
}

/** Stores files that are dropped or chosen, one after another, and shows how far they are. */
export function UploadCard({ onStored }: { onStored: () => void }): View {
  const { t, bytes } = useWorkWords();
  const [folder, setFolder] = useState('');
  const [isOver, setOver] = useState(false);
  const [sending, setSending] = useState<Sending | undefined>();
  const [stored, setStored] = useState<readonly string[]>([]);
  const { isBusy, error, run } = useAction();
  const input = useRef<HTMLInputElement>(null);

  async function sendOne(file: File, stop: AbortController): Promise<void> {
    const path = `${folderPath(folder)}${file.name}`;
    setSending({ path, sent: 0, total: file.size, stop });
    const onSent = (sent: number) => setSending((before) => before && { ...before, sent });
    await uploadFile({ path, file, signal: stop.signal, onSent });
    setStored((before) => [...before, path]);
    announce(t('files.stored', { path }));
    onStored();
  }

  const take = (files: FileList | null | undefined) => {
    const all = [...(files ?? [])];
    // Allows the same file to be chosen again.
    if (input.current) input.current.value = '';
    if (all.length === 0) return;
    setStored([]);
    const stop = new AbortController();
    run(async () => {
      try {
        for (const file of all) await sendOne(file, stop);
      } finally {
        setSending(undefined);
      }
    });
  };
  const over = (isNow: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(isNow);
  };
  const drop = (event: DragEvent) => {
    over(false)(event);
    if (!isBusy) take(event.dataTransfer?.files);
  };
  return html`<section class="card" aria-label=${t('files.drop')}>
    <div class=${classes('drop', isOver && 'drop-over')} onDragOver=${over(true)} onDragLeave=${over(false)} onDrop=${drop}>
      <p>${t('files.drop')}${' '}<label class="link-like">${t('files.choose')}<input ref=${input} class="for-readers" type="file" multiple
        disabled=${isBusy} onChange=${() => take(input.current?.files)} /></label></p>
    </div>
    <label class="field search"><span>${t('files.folder')}</span>
      <input value=${folder} maxlength="1000" autocomplete="off" autocapitalize="none" spellcheck=${false} aria-describedby="folder-hint"
        onInput=${({ currentTarget }: { currentTarget: HTMLInputElement }) => setFolder(currentTarget.value)} /></label>
    <p class="muted small" id="folder-hint">${t('files.folderHint')}</p>
    ${
      sending &&
      html`<div class="progress"><p>${t('files.sending', { path: sending.path, sent: bytes(sending.sent), total: bytes(sending.total) })}</p>
        <progress aria-label=${t('files.progress', { path: sending.path })} value=${sending.sent} max=${Math.max(1, sending.total)}></progress>
        <button type="button" class="button" onClick=${() => sending.stop.abort()}>${t('files.stop')}</button></div>`
    }
    ${error && html`<${ActionErrorNote} error=${error} />`}
    ${stored.length > 0 && html`<div class="note note-good">${stored.map((path) => html`<p key=${path}>${t('files.stored', { path })}</p>`)}</div>`}
  </section>`;
}
