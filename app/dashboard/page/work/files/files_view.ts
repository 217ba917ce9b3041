import { useEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { changeQuery } from '../../frame/navigation.js';
import { PageHeading } from '../../frame/page_heading.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { saveBlob } from '../../shared/downloads.js';
import { useLoaded } from '../../shared/loading.js';
import { ActionErrorNote, LoadedView } from '../../shared/notes.js';
import { RowPager } from '../../shared/pager.js';
import { useAction } from '../../shared/use_action.js';
import { SectionTabs } from '../shared/section_tabs.js';
import { useWorkWords } from '../words/use_work_words.js';
import { readFile, readFiles, removeFile, type StoredFile } from './api.js';
import { UploadCard } from './upload_card.js';

const PAGE_ROWS = 50;

type RemoveDialogProps = { path: string; onRemoved: () => void; onEnd: () => void };

function RemoveDialog({ path, onRemoved, onEnd }: RemoveDialogProps): View {
  const { t } = useWorkWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const { isBusy, error, run } = useAction();
  useEffect(() => dialog.current?.showModal(), []);
  const remove = () =>
    run(async () => {
      await removeFile(path);
      announce(t('files.removed', { path }));
      dialog.current?.close();
      onRemoved();
    });
  return html`<dialog ref=${dialog} aria-labelledby="remove-title" onClose=${onEnd}>
    <h2 id="remove-title">${t('files.removeSure', { path })}</h2>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <p class="tools"><button type="button" class="button button-bad" disabled=${isBusy} onClick=${remove}>${t('files.removeYes')}</button>
      <button type="button" class="button" onClick=${() => dialog.current?.close()}>${t('files.cancel')}</button></p>
  </dialog>`;
}

function FilesTable({ files, onRemove }: { files: readonly StoredFile[]; onRemove: (path: string) => void }): View {
  const { t, bytes, time } = useWorkWords();
  const [page, setPage] = useState(0);
  const pages = Math.ceil(files.length / PAGE_ROWS);
  const shownPage = Math.min(page, pages - 1);
  const { isBusy, error, run } = useAction();
  const download = (path: string) => run(async () => saveBlob(await readFile(path), path.split('/').at(-1) ?? path));
  const columns: Column<StoredFile>[] = [
    {
      key: 'path',
      title: t('files.path'),
      isHeading: true,
      cell: ({ path }) => html`<span class="task-name">${path}</span>`,
    },
    {
      key: 'size',
      title: t('files.size'),
      isNumber: true,
      cell: ({ size }) => html`<span class="nowrap">${bytes(size)}</span>`,
    },
    {
      key: 'modified',
      title: t('files.modified'),
      cell: ({ modified }) => html`<span class="nowrap">${time(modified)}</span>`,
    },
    {
      key: 'actions',
      title: t('tasks.actions'),
      cell: ({
        path,
      }) => html`<span class="row-tools"><button type="button" class="button button-quiet" disabled=${isBusy}
          aria-label=${t('files.getOf', { path })} onClick=${() => download(path)}>${t('files.get')}</button>
        <button type="button" class="button button-quiet" aria-label=${t('files.removeOf', { path })}
          onClick=${() => onRemove(path)}>${t('files.remove')}</button></span>`,
    },
  ];
  return html`${error && html`<${ActionErrorNote} error=${error} />`}
    <p class="muted small">${t('files.found', { count: files.length })}</p>
    <${DataTable} caption=${t('files.title')} columns=${columns}
      rows=${files.slice(shownPage * PAGE_ROWS, (shownPage + 1) * PAGE_ROWS)} keyOf=${({ path }: StoredFile) => path} />
    <${RowPager} what=${t('files.title')} page=${shownPage} pages=${pages} onPage=${setPage} />`;
}

/** The files of the installations, up and down. */
export function FilesView({ query }: { query: PlaceQuery }): View {
  const { t } = useWorkWords();
  const prefix = query['prefix'] ?? '';
  const loaded = useLoaded((signal) => readFiles(prefix, signal), [prefix]);
  const [chosen, setChosen] = useState<string | undefined>();
  return html`<${PageHeading} title=${t('files.title')} lead=${t('files.lead')} />
    <${SectionTabs} current="files" />
    <${UploadCard} onStored=${loaded.reload} />
    <section class="card" aria-label=${t('files.title')}>
      <label class="field search"><span>${t('files.prefix')}</span>
        <input value=${prefix} maxlength="1024" autocomplete="off" autocapitalize="none" spellcheck=${false}
          onInput=${({ currentTarget }: { currentTarget: HTMLInputElement }) => changeQuery({ prefix: currentTarget.value })} /></label>
      <${LoadedView} loaded=${loaded} render=${(files: StoredFile[]) =>
        files.length === 0
          ? html`<p class="note">${t('files.none')}</p>`
          : html`<${FilesTable} files=${files} onRemove=${setChosen} />`} />
    </section>
    ${chosen && html`<${RemoveDialog} key=${chosen} path=${chosen} onRemoved=${loaded.reload} onEnd=${() => setChosen(undefined)} />`}`;
}
