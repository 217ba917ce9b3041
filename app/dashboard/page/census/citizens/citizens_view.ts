import { useEffect, useRef, useState } from 'preact/hooks';
import { changeQuery } from '../../frame/navigation.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import type { Answer, ApiError } from '../../shared/http_client.js';
import { toShownError, useLoaded } from '../../shared/loading.js';
import { ActionErrorNote, LoadedView } from '../../shared/notes.js';
import { Pager } from '../../shared/pager.js';
import { useWords } from '../../words/use_words.js';
import { type Citizen, type CitizensWanted, type Page, readCitizen, readCitizens } from '../api.js';
import { CitizensFilter, filtersIn } from './citizens_filter.js';
import { CitizensTable } from './citizens_table.js';

const CITIZENS_ON_A_PAGE = 50;

/** Cursors of the previous pages, kept in the state of the history step, which survives a reload. */
function trailOfStep(): string[] {
  const { trail } = (history.state ?? {}) as { trail?: string[] };
  return trail ?? [];
}

function goToPage(cursor: string, trail: string[]): void {
  changeQuery({ cursor }, { replaces: false, state: { trail } });
}

/** First, previous and next page. If a link led into the middle of a list, the previous pages are unknown. */
function CitizensPager({ cursor, nextCursor }: { cursor: string; nextCursor: string | null }): View {
  const { t } = useWords();
  const trail = cursor === '' ? [] : trailOfStep();
  const isCounted = cursor === '' || trail.length > 0;
  return html`<${Pager} what=${t('citizens.title')} where=${isCounted ? t('pager.page', { page: trail.length + 1 }) : '…'}
    onFirst=${cursor === '' ? undefined : () => goToPage('', [])}
    onPrevious=${trail.length === 0 ? undefined : () => goToPage(trail.at(-1) as string, trail.slice(0, -1))}
    onNext=${nextCursor === null ? undefined : () => goToPage(nextCursor, [...trail, cursor])} />`;
}

type CitizensProps = { importId: number; query: PlaceQuery; revision: number };

/** A page of an import's citizens that match the filter; each can be edited in place. */
export function CitizensView({ importId, query, revision }: CitizensProps): View {
  const { t } = useWords();
  const [edited, setEdited] = useState<Answer<Citizen> | undefined>();
  const [error, setError] = useState<ApiError | undefined>();
  const focusId = useRef<string | undefined>(undefined);
  const cursor = query['cursor'] ?? '';
  const filters = filtersIn(query);
  const wanted: CitizensWanted = { filters, cursor: cursor || undefined, limit: CITIZENS_ON_A_PAGE };
  const loaded = useLoaded(
    (signal) => readCitizens(importId, wanted, signal),
    [importId, revision, JSON.stringify(wanted)],
  );

  const readStored = (citizenId: number) => readCitizen(importId, citizenId);

  async function edit(citizenId: number): Promise<void> {
    try {
      setEdited(await readStored(citizenId));
      setError(undefined);
    } catch (reason) {
      setError(toShownError(reason));
    }
  }

  function end(isSaved: boolean): void {
    focusId.current = `edit-${edited?.body.citizen_id}`;
    setEdited(undefined);
    if (isSaved) loaded.reload();
  }

  // Return the focus to the button that started the edit, once it is rendered again.
  useEffect(() => {
    if (edited !== undefined || focusId.current === undefined) return;
    document.getElementById(focusId.current)?.focus();
    focusId.current = undefined;
  }, [edited]);

  return html`<section class="card" aria-labelledby="citizens-title">
    <h2 id="citizens-title">${t('citizens.title')}</h2>
    <${CitizensFilter} query=${query} />
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <${LoadedView} loaded=${loaded} render=${({ body }: Answer<Page<Citizen>>) => html`
      <${CitizensTable} importId=${importId} citizens=${body.data} edited=${edited} onEdit=${edit}
        readStored=${readStored} onEnd=${end} />
      <${CitizensPager} cursor=${cursor} nextCursor=${body.next_cursor} />`} />
  </section>`;
}
