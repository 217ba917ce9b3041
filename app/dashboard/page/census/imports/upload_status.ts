import { useEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import { ActionErrorNote } from '../../shared/notes.js';
import { useWords } from '../../words/use_words.js';
import type { Words } from '../../words/words.js';
import { importHash } from '../place.js';
import { FaultsTable } from './faults_table.js';
import { type RunningUpload, startUpload, type UploadJob, type UploadOutcome } from './upload.js';

type OutcomeProps = { job: UploadJob; outcome: UploadOutcome; onAgain: () => void; words: Words };

function headline({ file }: UploadJob, outcome: UploadOutcome, { t }: Words): string {
  const { name } = file;
  if (outcome.kind === 'stored') return t('upload.stored', { name, id: String(outcome.importId) });
  if (outcome.kind === 'valid') return t('upload.valid', { name, count: outcome.citizens });
  if (outcome.kind === 'refused') return t('upload.faults', { name, count: outcome.count });
  return t('state.notDone');
}

function Outcome({ job, outcome, onAgain, words }: OutcomeProps): View {
  const { t } = words;
  const text = headline(job, outcome, words);
  if (outcome.kind === 'failed') {
    if (outcome.error.code === 'CANCELLED') return html`<p class="note">${t('upload.cancelled')}</p>`;
    return html`<${ActionErrorNote} error=${outcome.error} />
      <button type="button" class="button" onClick=${onAgain}>${t('upload.again')}</button>`;
  }
  if (outcome.kind === 'refused') {
    return html`<div class="note note-bad"><p><strong>${text}</strong></p>
        ${
          outcome.faults.length < outcome.count &&
          html`<p class="small">${t('upload.faultsCut', { count: outcome.faults.length })}</p>`
        }</div>
      <${FaultsTable} faults=${outcome.faults} fileName=${`${job.file.name}-faults`} />`;
  }
  return html`<div class="note note-good"><p><strong>${text}</strong></p>
    ${
      outcome.kind === 'stored' &&
      html`<p><a class="button button-main" href=${importHash(outcome.importId)}>
        ${t('upload.see', { id: String(outcome.importId) })}</a></p>`
    }</div>`;
}

function Progress({
  job,
  sentBytes,
  onCancel,
  words,
}: {
  job: UploadJob;
  sentBytes: number;
  onCancel: () => void;
  words: Words;
}): View {
  const { t, bytes } = words;
  const { name, size } = job.file;
  const isSent = sentBytes >= size;
  const text = isSent ? t('upload.working') : t('upload.sending', { name, sent: bytes(sentBytes), total: bytes(size) });
  // Without a value the progress bar is indeterminate: the duration of the rest is unknown.
  const value = isSent ? {} : { value: sentBytes };
  return html`<div class="progress"><p>${text}</p>
    <progress aria-label=${t('upload.progress')} max=${Math.max(size, 1)} ...${value}></progress>
    <button type="button" class="button" onClick=${onCancel}>${t('upload.cancel')}</button></div>`;
}

type StatusProps = { job: UploadJob; onStored: () => void; onClose: () => void };

/** Uploads the file of a job and shows its progress and outcome. */
export function UploadStatus({ job, onStored, onClose }: StatusProps): View {
  const words = useWords();
  const [attempt, setAttempt] = useState(0);
  const [sentBytes, setSentBytes] = useState(0);
  const [outcome, setOutcome] = useState<UploadOutcome | undefined>();
  const running = useRef<RunningUpload | undefined>(undefined);
  useEffect(() => {
    let isShown = true;
    setSentBytes(0);
    setOutcome(undefined);
    const upload = startUpload(job, (sent) => isShown && setSentBytes(sent));
    running.current = upload;
    upload.outcome.then((result) => {
      if (!isShown) return;
      setOutcome(result);
      announce(headline(job, result, words));
      if (result.kind === 'stored') onStored();
    });
    return () => {
      isShown = false;
      upload.cancel();
    };
  }, [job, attempt]);
  const again = () => setAttempt((before) => before + 1);
  return html`<div class="upload-status">
    ${
      outcome === undefined
        ? html`<${Progress} job=${job} sentBytes=${sentBytes} onCancel=${() => running.current?.cancel()} words=${words} />`
        : html`<${Outcome} job=${job} outcome=${outcome} onAgain=${again} words=${words} />
          <button type="button" class="button button-quiet" onClick=${onClose}>${words.t('upload.close')}</button>`
    }
  </div>`;
}
