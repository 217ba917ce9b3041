import { useEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { goTo } from '../../frame/navigation.js';
import { PageHeading } from '../../frame/page_heading.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import type { ApiError } from '../../shared/http_client.js';
import { toShownError, useLoaded } from '../../shared/loading.js';
import { ActionErrorNote, LoadedView } from '../../shared/notes.js';
import { useWords } from '../../words/use_words.js';
import { deleteImport, type ImportInfo, readImport } from '../api.js';
import { CitizensView } from '../citizens/citizens_view.js';
import { compareHash, type ImportTab, importHash } from '../place.js';
import { AgesCard } from '../statistics/ages_card.js';
import { PresentsCard } from '../statistics/presents_card.js';
import { TownsCard } from '../statistics/towns_card.js';
import { type Live, useLive } from './live.js';

type ImportProps = { importId: number; tab: ImportTab; query: PlaceQuery };

/** Asks for confirmation before deleting. */
function DeleteButton({ importId }: { importId: number }): View {
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<ApiError | undefined>();
  const remove = async () => {
    try {
      await deleteImport(importId);
      announce(t('import.deleted', { id: String(importId) }));
      goTo('#/');
    } catch (reason) {
      setError(toShownError(reason));
    }
  };
  return html`<button type="button" class="button button-quiet" onClick=${() => dialog.current?.showModal()}>
      ${t('import.delete')}</button>
    <dialog ref=${dialog} aria-labelledby="delete-title">
      <h2 id="delete-title">${t('import.deleteSure', { id: String(importId) })}</h2>
      ${error && html`<${ActionErrorNote} error=${error} />`}
      <p class="tools"><button type="button" class="button button-bad" onClick=${remove}>${t('import.deleteYes')}</button>
        <button type="button" class="button" onClick=${() => dialog.current?.close()}>${t('citizens.cancel')}</button></p>
    </dialog>`;
}

function Facts({ info, live }: { info: ImportInfo; live: Live }): View {
  const { t, number, dateTime, bytes } = useWords();
  return html`<p class="facts">
    <span><strong>${number(info.citizens)}</strong> ${t('import.count')}</span>
    ${info.bytes !== null && html`<span>${bytes(info.bytes)}</span>`}
    <span>${dateTime(info.created_at)}</span>
    <span class="badge badge-${info.state}">${t(`imports.${info.state}`)}</span>
    <span class=${live.isConnected ? 'live live-on' : 'live'}>${t(live.isConnected ? 'import.live' : 'import.offline')}</span>
  </p>`;
}

function Tabs({ importId, tab }: { importId: number; tab: ImportTab }): View {
  const { t } = useWords();
  const link = (name: ImportTab, text: string) =>
    html`<a href=${importHash(importId, name)} aria-current=${tab === name ? 'page' : undefined}>${text}</a>`;
  return html`<nav class="tabs" aria-label=${t('import.sections')}>
    ${link('overview', t('import.overview'))} ${link('citizens', t('import.citizens'))}
  </nav>`;
}

/** An import: its metadata and its statistics or citizens, reloaded when the data change. */
export function ImportView({ importId, tab, query }: ImportProps): View {
  const words = useWords();
  const { t } = words;
  const live = useLive(importId);
  const loaded = useLoaded((signal) => readImport(importId, signal), [importId, live.revision, live.info?.state]);
  useEffect(() => {
    if (live.revision > 0) announce(t('import.changed'));
  }, [live.revision]);
  // While an import is being stored, events are more recent than the loaded data.
  const infoOf = (read: ImportInfo) => (live.info?.state === 'staging' ? live.info : read);
  const compare = compareHash({ before: String(importId) });
  return html`<${PageHeading} title=${t('import.title', { id: String(importId) })}
      lead=${loaded.value && html`<${Facts} info=${infoOf(loaded.value)} live=${live} />`}>
      <a class="button button-quiet" href=${compare}>${t('import.compare')}</a>
      <${DeleteButton} importId=${importId} />
    </${PageHeading}>
    ${live.isGone && html`<p class="note note-bad" role="alert">${t('import.gone')}</p>`}
    <${LoadedView} loaded=${loaded} render=${(read: ImportInfo) => {
      const info = infoOf(read);
      if (info.state === 'staging') return html`<p class="note">${t('imports.staging')}</p>`;
      return html`<${Tabs} importId=${importId} tab=${tab} />
        ${
          tab === 'citizens'
            ? html`<${CitizensView} importId=${importId} query=${query} revision=${live.revision} />`
            : html`<div class="cards">
              <${TownsCard} info=${info} revision=${live.revision} query=${query} />
              <${PresentsCard} info=${info} revision=${live.revision} />
              <${AgesCard} info=${info} revision=${live.revision} query=${query} />
            </div>`
        }`;
    }} />`;
}
