import { announce } from '../../frame/announcer.js';
import { html, type View } from '../../frame/view.js';
import { hasOneOf, useMe } from '../../session/me.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { type Loaded, useLoaded } from '../../shared/loading.js';
import { ActionErrorNote, LoadedView } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import type { Specialist } from '../votes/api.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import { readUserNames, verify } from './api.js';

function SpecialistsTable({ specialists }: { specialists: readonly Specialist[] }): View {
  const { t } = useTrafficWords();
  const number = (key: 'skill' | 'wallet' | 'votes' | 'right' | 'wrong'): Column<Specialist> => ({
    key,
    title: t(`specialists.${key}`),
    isNumber: true,
    cell: (row) => row[key],
  });
  const columns: Column<Specialist>[] = [
    { key: 'name', title: t('specialists.name'), isHeading: true, cell: ({ username }) => username },
    ...(['skill', 'wallet', 'votes', 'right', 'wrong'] as const).map(number),
    {
      key: 'agreement',
      title: t('specialists.agreement'),
      isNumber: true,
      cell: ({ agreement }) => (agreement === null ? '' : `${Math.round(agreement * 100)} %`),
    },
  ];
  if (specialists.length === 0) return html`<p class="muted">${t('specialists.none')}</p>`;
  return html`<${DataTable} caption=${t('specialists.title')} columns=${columns} rows=${specialists}
    keyOf=${({ username }: Specialist) => username} />`;
}

/** Makes a user a specialist. Administrators, who may list users, choose from users who are not specialists. */
function VerifyForm({ specialists, onVerified }: { specialists: readonly Specialist[]; onVerified: () => void }): View {
  const { t } = useTrafficWords();
  const { isBusy, error, run } = useAction();
  const isAdmin = hasOneOf(useMe(), []);
  const users = useLoaded(isAdmin ? readUserNames : undefined, [isAdmin]).value ?? [];
  const known = new Set(specialists.map(({ username }) => username));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const name = String(new FormData(form).get('name'));
    run(async () => {
      await verify(name);
      announce(t('specialists.verified', { name }));
      form.reset();
      onVerified();
    });
  };
  return html`${error && html`<${ActionErrorNote} error=${error} />`}
    <form class="tools" aria-label=${t('specialists.verify')} onSubmit=${submit}>
      <label class="field"><span>${t('specialists.name')}</span>
        <input name="name" list="users" required maxlength="150" autocomplete="off" autocapitalize="none" spellcheck=${false} /></label>
      <datalist id="users">${users.filter((name) => !known.has(name)).map((name) => html`<option value=${name} />`)}</datalist>
      <button class="button" disabled=${isBusy}>${t('specialists.verify')}</button>
    </form>`;
}

/** Specialists with their records. */
export function SpecialistsCard({ loaded }: { loaded: Loaded<Specialist[]> }): View {
  const { t } = useTrafficWords();
  return html`<section class="card card-wide" aria-labelledby="specialists-title">
    <h2 id="specialists-title">${t('specialists.title')}</h2>
    <${LoadedView} loaded=${loaded} render=${(specialists: Specialist[]) => html`<${SpecialistsTable} specialists=${specialists} />`} />
    <${VerifyForm} specialists=${loaded.value ?? []} onVerified=${loaded.reload} />
  </section>`;
}
