import { ImportView } from './census/imports/import_view.js';
import { ImportsView } from './census/imports/imports_view.js';
import { CompareView } from './census/statistics/compare_view.js';
import { Announcer } from './frame/announcer.js';
import { LogInView } from './frame/log_in_view.js';
import { usePlace } from './frame/navigation.js';
import type { Place } from './frame/place.js';
import { changeSettings, type Theme, useSettings } from './frame/settings.js';
import { html, type View } from './frame/view.js';
import { logOut } from './shared/log_out.js';
import { useSession } from './shared/use_session.js';
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

function SessionBar(): View {
  const { t } = useWords();
  const { username } = useSession();
  if (username === undefined) return null;
  return html`<div class="session"><span class="muted">${username}</span>
    <button type="button" class="button button-quiet" onClick=${logOut}>${t('login.out')}</button></div>`;
}

function TopBar({ place }: { place: Place }): View {
  const { t } = useWords();
  const isImports = place.name === 'imports' || place.name === 'import';
  return html`<header class="top"><div class="top-inner">
    <a class="brand" href="#/"><span class="brand-mark" aria-hidden="true"><i></i><i></i><i></i></span>${t('app.name')}</a>
    <nav class="top-nav" aria-label=${t('app.navigation')}>
      <a href="#/" aria-current=${isImports ? 'page' : undefined}>${t('nav.imports')}</a>
      <a href="#/compare" aria-current=${place.name === 'compare' ? 'page' : undefined}>${t('nav.compare')}</a>
      <a href="/docs">${t('nav.api')}</a>
    </nav>
    <${SessionBar} />
    <${SettingsBar} />
  </div></header>`;
}

function Content({ place }: { place: Place }): View {
  const { t } = useWords();
  const { query } = place;
  if (place.name === 'import') {
    const { importId, tab } = place;
    return html`<${ImportView} key=${importId} importId=${importId} tab=${tab} query=${query} />`;
  }
  if (place.name === 'imports') return html`<${ImportsView} />`;
  if (place.name === 'compare') return html`<${CompareView} query=${query} />`;
  return html`<h1>${t('state.notFound')}</h1>`;
}

/** The root component of the page. */
export function App(): View {
  const { t } = useWords();
  const place = usePlace();
  const { username, needsLogIn } = useSession();
  const skip = (event: Event) => {
    event.preventDefault();
    document.getElementById('content')?.focus();
  };
  return html`<a class="skip" href="#content" onClick=${skip}>${t('app.skip')}</a>
    <${TopBar} place=${place} />
    <main id="content" tabindex="-1">
      ${needsLogIn ? html`<${LogInView} />` : html`<${Content} key=${username} place=${place} />`}
    </main>
    <${Announcer} />`;
}
