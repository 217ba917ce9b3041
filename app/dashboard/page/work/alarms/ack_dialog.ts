import { useEffect, useRef } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import { ActionErrorNote } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { useWorkWords } from '../words/use_work_words.js';
import { type Alarm, ackAlarm } from './api.js';

/** `onAcked` is called before `onEnd`. */
type AckDialogProps = { alarm: Alarm; onAcked: (alarm: Alarm) => void; onEnd: () => void };

/** Acknowledges an alarm, with a note if there is something to say. */
export function AckDialog({ alarm, onAcked, onEnd }: AckDialogProps): View {
  const { t } = useWorkWords();
  const { source, kind } = alarm;
  const dialog = useRef<HTMLDialogElement>(null);
  const { isBusy, error, run } = useAction();
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const note = String(new FormData(event.currentTarget as HTMLFormElement).get('note')).trim();
    run(async () => {
      onAcked(await ackAlarm(alarm.alarm_id, note));
      announce(t('alarms.ackDone', { source, kind }));
      dialog.current?.close();
    });
  };
  return html`<dialog ref=${dialog} aria-labelledby="ack-title" onClose=${onEnd}>
    <h2 id="ack-title">${t('alarms.ackOf', { source, kind })}</h2>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <form class="ack" aria-labelledby="ack-title" onSubmit=${submit}>
      <label class="field"><span>${t('alarms.note')}</span><textarea name="note" rows="3" maxlength="4096"></textarea></label>
      <p class="tools"><button class="button button-main" disabled=${isBusy}>${t('alarms.ack')}</button>
        <button type="button" class="button" onClick=${() => dialog.current?.close()}>${t('alarms.cancel')}</button></p>
    </form></dialog>`;
}
