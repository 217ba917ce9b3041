import { changeSettings, type Theme, useSettings } from './frame/settings.js';
import { html, type View } from './frame/view.js';
import { PARTS } from './parts.js';
import { logOut } from './session/log_out.js';
import { hasOneOf, useMe } from './session/me.js';
import { useWords } from './words/use_words.js';
import type { Language } from './words/words.js';

const LANGUAGES: readonly [Language, string][] = [
  ['ru', 'Русский'],
  ['en', 'English'],
];
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

function SettingsBar(): View {
  const { t } = useWords();
  const { language, theme } = useSettings();
  type Change = { currentTarget: HTMLSelectElement };
  return html`<div class="settings" role="group" aria-label=${t('app.settings')}>
    <label><span class="for-readers">${t('language.label')}</span>
      <select value=${language} onChange=${({ currentTarget }: Change) =>
        changeSettings({ language: currentTarget.value as Language })}>
        ${LANGUAGES.map(([value, name]) => html`<option value=${value} lang=${value}>${name}</option>`)}
      </select></label>
    <label><span class="for-readers">${t('theme.label')}</span>
      <select value=${theme} onChange=${({ currentTarget }: Change) =>
        changeSettings({ theme: currentTarget.value as Theme })}>
        ${THEMES.map((value) => html`<option value=${value}>${t(`theme.${value}`)}</option>`)}
      </select></label>
  </div>`;
}

type TopBarProps = {
  /** The path that is shown. */
  path: string;
  username: string | undefined;
  /** The form for logging in is shown instead. */
  isAsking: boolean;
};

function SessionBar({ path, username, isAsking }: TopBarProps): View {
  const { t } = useWords();
  if (isAsking) return null;
  if (username === undefined) {
    const query = new URLSearchParams({ to: path });
    return html`<div class="session"><a class="button button-quiet" href="#/login?${query}">${t('login.submit')}</a></div>`;
  }
  return html`<div class="session">
    <a class="account" href="#/account" aria-label=${`${t('nav.account')}: ${username}`}>${username}</a>
    <button type="button" class="button button-quiet" onClick=${logOut}>${t('login.out')}</button></div>`;
}

function Navigation({ path }: { path: string }): View {
  const { t } = useWords();
  const me = useMe();
  // Until it is known who is there, the links of wings are shown: they lead to the form for logging in.
  const links = PARTS.flatMap((part) =>
    part.links.filter(
      ({ roles }) => roles === undefined || (me === undefined ? part.wing !== undefined : hasOneOf(me, roles)),
    ),
  );
  return html`<nav class="top-nav" aria-label=${t('app.navigation')}>
    ${links.map(
      (
        link,
      ) => html`<a key=${link.path} href=${`#${link.path}`} aria-current=${link.leadsTo(path) ? 'page' : undefined}>
        ${t(link.word)}</a>`,
    )}
    <a href="/docs">${t('nav.api')}</a>
  </nav>`;
}

export function TopBar(props: TopBarProps): View {
  const { t } = useWords();
  return html`<header class="top"><div class="top-inner">
    <a class="brand" href="#/"><span class="brand-mark" aria-hidden="true"><i></i><i></i><i></i></span>${t('app.name')}</a>
    <${Navigation} path=${props.path} />
    <${SessionBar} ...${props} />
    <${SettingsBar} />
  </div></header>`;
}
