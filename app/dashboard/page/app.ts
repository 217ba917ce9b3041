import { useEffect, useLayoutEffect } from 'preact/hooks';
import { Announcer } from './frame/announcer.js';
import { Part } from './frame/load_part.js';
import { goTo, usePlace } from './frame/navigation.js';
import type { Place } from './frame/place.js';
import { html, type View } from './frame/view.js';
import { partAt } from './parts.js';
import { LogInView } from './session/log_in_view.js';
import { forgetNeed } from './session/session.js';
import { useSession } from './session/use_session.js';
import { NotFound } from './shared/notes.js';
import { TopBar } from './top_bar.js';
import { useWords } from './words/use_words.js';

const LOG_IN_PATH = '/login';

/** Goes on to what was wanted once somebody is logged in. */
function LogInPage({ to = '/' }: { to: string | undefined }): View {
  const { username } = useSession();
  useEffect(() => {
    if (username !== undefined) goTo(`#${to}`, { replaces: true });
  }, [username]);
  return html`<${LogInView} />`;
}

function Content({ place }: { place: Place }): View {
  const { username, needsLogIn } = useSession();
  if (place.path === LOG_IN_PATH) return html`<${LogInPage} to=${place.query['to']} />`;
  const { part, path } = partAt(place.path);
  if (part === undefined) return html`<${NotFound} />`;
  if (needsLogIn || (part.needsLogIn && username === undefined)) return html`<${LogInView} />`;
  return html`<${Part} key=${username} part=${part} place=${{ ...place, path }} />`;
}

/** The root component of the page. */
export function App(): View {
  const { t } = useWords();
  const place = usePlace();
  const { username, needsLogIn } = useSession();
  const { part, path } = partAt(place.path);
  useLayoutEffect(forgetNeed, [place.path]);
  const skip = (event: Event) => {
    event.preventDefault();
    document.getElementById('content')?.focus();
  };
  const isAsking = needsLogIn || place.path === LOG_IN_PATH || (part?.needsLogIn === true && username === undefined);
  return html`<a class="skip" href="#content" onClick=${skip}>${t('app.skip')}</a>
    <${TopBar} path=${path} username=${username} isAsking=${isAsking} />
    <main id="content" tabindex="-1"><${Content} place=${place} /></main>
    <${Announcer} />`;
}
