import { changeQuery } from '../../frame/navigation.js';
import { PageHeading } from '../../frame/page_heading.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { hasOneOf, useMe } from '../../session/me.js';
import { useLoaded, useReloads } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { Pager } from '../../shared/pager.js';
import { NEW_TASK_HASH } from '../place.js';
import { useWorkWords } from '../words/use_work_words.js';
import { readTasks, STATUSES, type Task, type TaskFilters } from './api.js';
import { TasksFilter } from './tasks_filter.js';
import { TasksTable } from './tasks_table.js';

/** The list has no events; tasks that are working have. */
const LOOK_MS = 5_000;
const PAGE_ROWS = 50;

function readFilters({ status, user }: PlaceQuery): TaskFilters {
  const known = STATUSES.find((each) => each === status);
  return { ...(known !== undefined && { status: known }), ...(user !== undefined && { user }) };
}

function readOffset({ offset = '' }: PlaceQuery): number {
  return /^\d{1,9}$/.test(offset) ? Number(offset) : 0;
}

function TasksPager({ offset, total, shown }: { offset: number; total: number; shown: number }): View {
  const { t } = useWorkWords();
  if (offset === 0 && shown === total) return null;
  const to = (place: number) => () => changeQuery({ offset: place === 0 ? '' : String(place) }, { replaces: false });
  return html`<${Pager} what=${t('tasks.title')}
    where=${t('tasks.shown', { from: shown === 0 ? offset : offset + 1, to: offset + shown, total })}
    onFirst=${offset > 0 ? to(0) : undefined}
    onPrevious=${offset > 0 ? to(Math.max(0, offset - PAGE_ROWS)) : undefined}
    onNext=${offset + shown < total ? to(offset + PAGE_ROWS) : undefined} />`;
}

/** The tasks that the user may see: own ones, or those of everybody. */
export function TasksView({ query }: { query: PlaceQuery }): View {
  const { t } = useWorkWords();
  const seesAll = hasOneOf(useMe(), ['operator']);
  const filters = readFilters(query);
  const offset = readOffset(query);
  const loaded = useLoaded(
    (signal) => readTasks(filters, { offset, limit: PAGE_ROWS }, signal),
    [filters.status, filters.user, offset],
  );
  useReloads(loaded, LOOK_MS);
  const isFiltered = filters.status !== undefined || filters.user !== undefined;
  return html`<${PageHeading} title=${t('tasks.title')} lead=${t('tasks.lead')}>
      <a class="button button-main" href=${NEW_TASK_HASH}>${t('tasks.new')}</a>
    </${PageHeading}>
    <section class="card" aria-label=${t('tasks.title')}>
      <${TasksFilter} key=${filters.user} filters=${filters} hasUser=${seesAll} />
      <${LoadedView} loaded=${loaded} render=${({ items, total }: { items: Task[]; total: number }) =>
        html`${
          items.length === 0
            ? html`<p class="note">${t(isFiltered ? 'tasks.noneMatch' : 'tasks.none')}</p>`
            : html`<${TasksTable} tasks=${items} hasUser=${seesAll} onChange=${loaded.reload} />`
        }
        <${TasksPager} offset=${offset} total=${total} shown=${items.length} />`} />
    </section>`;
}
