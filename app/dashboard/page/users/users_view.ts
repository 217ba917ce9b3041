import { useState } from 'preact/hooks';
import { changeQuery } from '../frame/navigation.js';
import { PageHeading } from '../frame/page_heading.js';
import type { PlaceQuery } from '../frame/place.js';
import { html, type View } from '../frame/view.js';
import { type Column, DataTable } from '../shared/data_table.js';
import { useLoaded } from '../shared/loading.js';
import { LoadedView } from '../shared/notes.js';
import { RowPager } from '../shared/pager.js';
import { readUsers, type User } from './api.js';
import { NewUser } from './new_user.js';
import { UserDialog } from './user_dialog.js';
import { useUserWords } from './words/use_user_words.js';

const PAGE_ROWS = 50;

type UsersTableProps = { users: readonly User[]; onChoose: (user: User) => void };

function UsersTable({ users, onChoose }: UsersTableProps): View {
  const { t, dateTime } = useUserWords();
  const [page, setPage] = useState(0);
  const pages = Math.ceil(users.length / PAGE_ROWS);
  const shownPage = Math.min(page, Math.max(0, pages - 1));
  const columns: Column<User>[] = [
    { key: 'name', title: t('users.name'), isHeading: true, cell: ({ username }) => username },
    { key: 'roles', title: t('users.roles'), cell: ({ roles }) => roles.join(', ') },
    {
      key: 'enabled',
      title: t('users.enabled'),
      cell: ({ enabled }) =>
        html`<span class=${enabled ? 'badge badge-on' : 'badge badge-off'}>${t(enabled ? 'users.on' : 'users.off')}</span>`,
    },
    {
      key: 'created',
      title: t('users.created'),
      cell: (user) => html`<span class="nowrap">${dateTime(user.created_at)}</span>`,
    },
    {
      key: 'actions',
      title: t('users.actions'),
      cell: (user) => html`<button type="button" class="button button-quiet" id=${`change-${user.username}`}
        aria-label=${t('users.changeOf', { name: user.username })} onClick=${() => onChoose(user)}>${t('users.change')}</button>`,
    },
  ];
  return html`<${DataTable} caption=${t('users.title')} columns=${columns}
      rows=${users.slice(shownPage * PAGE_ROWS, (shownPage + 1) * PAGE_ROWS)} keyOf=${({ username }: User) => username} />
    <${RowPager} what=${t('users.title')} page=${shownPage} pages=${pages} onPage=${setPage} />`;
}

/** All users, for administrators: who may log in, and what each may do. */
export function UsersView({ query }: { query: PlaceQuery }): View {
  const { t } = useUserWords();
  const loaded = useLoaded(readUsers, []);
  const [chosen, setChosen] = useState<User | undefined>();
  const search = (query['name'] ?? '').toLowerCase();
  const end = (hasChanged: boolean) => {
    setChosen(undefined);
    if (hasChanged) loaded.reload();
  };
  return html`<${PageHeading} title=${t('users.title')} lead=${t('users.lead')} />
    <section class="card" aria-label=${t('users.title')}>
      <label class="field search"><span>${t('users.search')}</span>
        <input value=${query['name'] ?? ''} autocomplete="off" autocapitalize="none" spellcheck=${false}
          onInput=${({ currentTarget }: { currentTarget: HTMLInputElement }) => changeQuery({ name: currentTarget.value })} /></label>
      <${LoadedView} loaded=${loaded} render=${(users: User[]) => {
        const found = users.filter(({ username }) => username.toLowerCase().includes(search));
        return found.length === 0
          ? html`<p class="note">${t('users.none')}</p>`
          : html`<${UsersTable} users=${found} onChoose=${setChosen} />`;
      }} />
    </section>
    <${NewUser} onAdded=${loaded.reload} />
    ${chosen && html`<${UserDialog} key=${chosen.username} user=${chosen} onEnd=${end} />`}`;
}
