import { useEffect, useState } from 'preact/hooks';
import { goTo } from '../../frame/navigation.js';
import { PageHeading } from '../../frame/page_heading.js';
import { html, type View } from '../../frame/view.js';
import { DataTable } from '../../shared/data_table.js';
import type { ApiError } from '../../shared/http_client.js';
import { toShownError } from '../../shared/loading.js';
import { ErrorNote, Loading } from '../../shared/notes.js';
import { useWords } from '../../words/use_words.js';
import type { Words } from '../../words/words.js';
import { type ImportInfo, readImports } from '../api.js';
import { importHash } from '../place.js';
import { UploadCard } from './upload_card.js';

/** The list has no events and is polled; imports being stored are followed by their events. */
const LOOK_MS = 5_000;
const LOOK_AT_STAGING_MS = 1_000;

type List = { rows: ImportInfo[]; cursor: string | null };

/**
 * Reads the number of pages that are shown.
 * @throws ApiError
 */
async function readPages(pages: number): Promise<List> {
  const list: List = { rows: [], cursor: null };
  for (let page = 0; page < pages; page++) {
    const { data, next_cursor } = await readImports(list.cursor ?? undefined);
    list.rows.push(...data);
    list.cursor = next_cursor;
    if (next_cursor === null) break;
  }
  return list;
}

function ImportsTable({ rows, words }: { rows: readonly ImportInfo[]; words: Words }): View {
  const { t, number, bytes, dateTime } = words;
  const columns = [
    {
      key: 'number',
      title: t('imports.number'),
      isHeading: true,
      cell: (row: ImportInfo) =>
        html`<a href=${importHash(row.import_id)}>${t('imports.open', { id: String(row.import_id) })}</a>`,
    },
    {
      key: 'citizens',
      title: t('imports.citizens'),
      isNumber: true,
      cell: (row: ImportInfo) => number(row.citizens),
    },
    {
      key: 'size',
      title: t('imports.size'),
      isNumber: true,
      cell: (row: ImportInfo) => (row.bytes === null ? '' : bytes(row.bytes)),
    },
    { key: 'created', title: t('imports.created'), cell: (row: ImportInfo) => dateTime(row.created_at) },
    {
      key: 'state',
      title: t('imports.state'),
      cell: (row: ImportInfo) => html`<span class="badge badge-${row.state}">${t(`imports.${row.state}`)}</span>`,
    },
  ];
  return html`<${DataTable} caption=${t('imports.title')} columns=${columns} rows=${rows}
    keyOf=${(row: ImportInfo) => row.import_id} />`;
}

function ImportsList({ revision }: { revision: number }): View {
  const words = useWords();
  const [pages, setPages] = useState(1);
  const [list, setList] = useState<List | undefined>();
  const [error, setError] = useState<ApiError | undefined>();
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      let isStaging = false;
      try {
        // Tabs in the background are not refreshed.
        if (!document.hidden || list === undefined) {
          const read = await readPages(pages);
          if (isOver) return;
          isStaging = read.rows.some(({ state }) => state === 'staging');
          setList(read);
          setError(undefined);
        }
      } catch (reason) {
        if (!isOver) setError(toShownError(reason));
      }
      if (!isOver) timer = setTimeout(look, isStaging ? LOOK_AT_STAGING_MS : LOOK_MS);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [pages, revision]);
  if (list === undefined) return error ? html`<${ErrorNote} error=${error} />` : html`<${Loading} />`;
  return html`${error && html`<${ErrorNote} error=${error} />`}
    ${
      list.rows.length === 0
        ? html`<p class="note">${words.t('imports.none')}</p>`
        : html`<${ImportsTable} rows=${list.rows} words=${words} />`
    }
    ${
      list.cursor !== null &&
      html`<p><button type="button" class="button" onClick=${() => setPages(pages + 1)}>${words.t('imports.more')}</button></p>`
    }`;
}

function OpenByNumber(): View {
  const { t } = useWords();
  const open = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get('import');
    if (typeof given === 'string' && /^\d{1,15}$/.test(given)) goTo(importHash(Number(given)));
  };
  return html`<form class="tools" aria-label=${t('imports.openByNumber')} onSubmit=${open}>
    <label class="field"><span>${t('imports.openByNumber')}</span>
      <input name="import" inputmode="numeric" pattern="[0-9]{1,15}" required /></label>
    <button class="button">${t('imports.go')}</button>
  </form>`;
}

/** The start view: all imports, and the form for a new one. */
export function ImportsView(): View {
  const { t } = useWords();
  const [revision, setRevision] = useState(0);
  return html`<${PageHeading} title=${t('imports.title')} lead=${t('imports.lead')} />
    <${UploadCard} onStored=${() => setRevision((before) => before + 1)} />
    <section class="card" aria-label=${t('imports.title')}>
      <${ImportsList} revision=${revision} />
      <${OpenByNumber} />
    </section>`;
}
