import { useState } from 'preact/hooks';
import { announce } from '../frame/announcer.js';
import { PageHeading } from '../frame/page_heading.js';
import { html, type View } from '../frame/view.js';
import { useMe } from '../session/me.js';
import { endSession } from '../session/session.js';
import { type Column, DataTable } from '../shared/data_table.js';
import { useLoaded } from '../shared/loading.js';
import { ActionErrorNote, errorText, faultText, LoadedView } from '../shared/notes.js';
import { useAction } from '../shared/use_action.js';
import { changePassword, endAllTokens, endToken, readTokens, type Token } from './api.js';
import { TokenForm } from './token_form.js';
import { useUserWords } from './words/use_user_words.js';

function PasswordCard({ onChanged }: { onChanged: () => void }): View {
  const words = useUserWords();
  const { t } = words;
  const [isChanged, setChanged] = useState(false);
  const { isBusy, error, run } = useAction();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    setChanged(false);
    run(async () => {
      await changePassword(String(fields.get('old')), String(fields.get('new')));
      form.reset();
      setChanged(true);
      onChanged();
    });
  };
  return html`<form class="card" aria-labelledby="password-title" onSubmit=${submit}>
    <h2 id="password-title">${t('account.password')}</h2>
    ${
      error &&
      html`<div class="note note-bad" role="alert"><p>${errorText(error, words)}</p>
      ${error.faults.map((fault) => html`<p>${faultText(fault, words)}</p>`)}</div>`
    }
    ${isChanged && html`<p class="note note-good" role="status">${t('account.changed')}</p>`}
    <label class="field"><span>${t('account.old')}</span>
      <input name="old" type="password" autocomplete="current-password" aria-describedby="old-hint" /></label>
    <p class="muted small" id="old-hint">${t('account.oldHint')}</p>
    <label class="field"><span>${t('account.next')}</span>
      <input name="new" type="password" autocomplete="new-password" minlength="8" maxlength="128" required /></label>
    <p class="tools"><button class="button" disabled=${isBusy}>${t('account.change')}</button></p>
  </form>`;
}

function TokensTable({ tokens, onEnded }: { tokens: readonly Token[]; onEnded: () => void }): View {
  const { t, dateTime } = useUserWords();
  const { isBusy, error, run } = useAction();
  const end = ({ id, name }: Token) =>
    run(async () => {
      await endToken(id);
      announce(t('account.ended', { name }));
      onEnded();
    });
  const columns: Column<Token>[] = [
    { key: 'name', title: t('account.tokenName'), isHeading: true, cell: ({ name }) => name },
    { key: 'created', title: t('account.tokenCreated'), cell: (token) => dateTime(token.created_at) },
    {
      key: 'used',
      title: t('account.tokenUsed'),
      cell: ({ last_used_at: at }) => (at === null ? '' : dateTime(at)),
    },
    {
      key: 'expires',
      title: t('account.tokenExpires'),
      cell: ({ expires_at: at }) => (at === null ? t('account.tokenNever') : dateTime(at)),
    },
    {
      key: 'actions',
      title: t('users.actions'),
      cell: (token) => html`<button type="button" class="button button-quiet" disabled=${isBusy}
        aria-label=${t('account.endOf', { name: token.name })} onClick=${() => end(token)}>${t('account.end')}</button>`,
    },
  ];
  return html`${error && html`<${ActionErrorNote} error=${error} />`}
    <${DataTable} caption=${t('account.tokens')} columns=${columns} rows=${tokens} keyOf=${({ id }: Token) => id} />`;
}

/** The account of whoever is logged in: password and tokens. */
export function AccountView(): View {
  const { t } = useUserWords();
  const me = useMe();
  const tokens = useLoaded(readTokens, []);
  const { isBusy, error, run } = useAction();
  const logOutEverywhere = () =>
    run(async () => {
      await endAllTokens();
      endSession();
    });
  return html`<${PageHeading} title=${t('account.title')}
      lead=${me && t('account.lead', { name: me.username, roles: me.roles.join(', ') })}>
      <button type="button" class="button button-quiet" disabled=${isBusy} onClick=${logOutEverywhere}>${t('account.everywhere')}</button>
    </${PageHeading}>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <div class="cards">
      <section class="card card-wide" aria-labelledby="tokens-title">
        <div><h2 id="tokens-title">${t('account.tokens')}</h2><p class="muted small">${t('account.tokensLead')}</p></div>
        <${LoadedView} loaded=${tokens} render=${(rows: Token[]) => html`<${TokensTable} tokens=${rows} onEnded=${tokens.reload} />`} />
        <${TokenForm} label=${t('account.newToken')} onMade=${tokens.reload} />
      </section>
      <${PasswordCard} onChanged=${tokens.reload} />
    </div>`;
}
