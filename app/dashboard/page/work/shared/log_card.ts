import { useLayoutEffect, useRef } from 'preact/hooks';
import { html, type View } from '../../frame/view.js';
import { saveBlob } from '../../shared/downloads.js';
import { ErrorNote } from '../../shared/notes.js';
import { useWorkWords } from '../words/use_work_words.js';
import { type ReadLog, useLog } from './use_log.js';

type LogCardProps = {
  /** `Log` when absent. */
  title?: string;
  read: ReadLog;
  isGrowing: boolean;
  fileName: string;
};

/** What was printed, as it grows. Scrolls along while its end is in sight. */
export function LogCard({ title, read, isGrowing, fileName }: LogCardProps): View {
  const { t } = useWorkWords();
  const heading = title ?? t('log.title');
  const { pieces, isCut, hasEnded, error } = useLog(read, isGrowing);
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (box.current !== null && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [pieces]);
  const onScroll = ({ currentTarget }: { currentTarget: HTMLPreElement }) => {
    const { scrollTop, clientHeight, scrollHeight } = currentTarget;
    isAtEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
  };
  const onSave = () =>
    saveBlob(
      new Blob(
        pieces.map(({ text }) => text),
        { type: 'text/plain' },
      ),
      fileName,
    );
  return html`<section class="card card-wide" aria-labelledby="log-title">
    <header class="card-head">
      <h2 id="log-title">${heading}</h2>
      ${pieces.length > 0 && html`<button type="button" class="button button-quiet" onClick=${onSave}>${t('log.copy')}</button>`}
    </header>
    ${error && html`<${ErrorNote} error=${error} />`}
    ${isCut && html`<p class="muted small">${t('log.skipped')}</p>`}
    ${
      pieces.length === 0
        ? html`<p class="muted">${t(hasEnded ? 'log.empty' : 'log.waiting')}</p>`
        : html`<pre class="log" ref=${box} role="log" aria-live="off" aria-label=${heading} tabindex="0"
            onScroll=${onScroll}>${pieces.map(({ from, text }) => html`<span key=${from}>${text}</span>`)}</pre>`
    }
  </section>`;
}
