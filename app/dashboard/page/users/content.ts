import type { Place } from '../frame/place.js';
import { html, type View } from '../frame/view.js';
import { NotFound } from '../shared/notes.js';
import { AccountView } from './account_view.js';
import { UsersView } from './users_view.js';

/** Users and their rights, and the account of whoever is logged in. */
export function UsersContent({ path, query }: Place): View {
  if (path === '/users') return html`<${UsersView} query=${query} />`;
  if (path === '/account') return html`<${AccountView} />`;
  return html`<${NotFound} />`;
}
