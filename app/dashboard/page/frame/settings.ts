import { useEffect, useState } from 'preact/hooks';
import type { Language } from '../words/words.js';

export type Theme = 'auto' | 'light' | 'dark';
type Settings = { language: Language; theme: Theme };

const STORED_AS = 'svodka.settings';
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];
const darkQuery = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

/** The browser's first supported language; English if there is none. */
function browserLanguage(): Language {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((tag) => tag === 'ru' || tag === 'en') === 'ru' ? 'ru' : 'en';
}

/** Settings stored earlier. The browser may forbid storage, and the stored text may be anything. */
function readStored(): Partial<Settings> {
  try {
    const { language, theme } = JSON.parse(localStorage.getItem(STORED_AS) ?? '{}');
    return {
      ...((language === 'ru' || language === 'en') && { language }),
      ...(THEMES.includes(theme) && { theme }),
    };
  } catch {
    return {};
  }
}

let settings: Settings = { language: browserLanguage(), theme: 'auto', ...readStored() };

function isDark(): boolean {
  return settings.theme === 'dark' || (settings.theme === 'auto' && darkQuery.matches);
}

function apply(): void {
  document.documentElement.lang = settings.language;
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light';
  for (const listener of [...listeners]) listener();
}

export function changeSettings(changes: Partial<Settings>): void {
  settings = { ...settings, ...changes };
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(settings));
  } catch {
    // Without storage, settings last until the tab is closed.
  }
  apply();
}

darkQuery.addEventListener('change', apply);
apply();

/** The current settings; rerenders when they or the system's theme change. */
export function useSettings(): Settings & { isDark: boolean } {
  const [seen, setSeen] = useState({ ...settings, isDark: isDark() });
  useEffect(() => {
    const listener = () => setSeen({ ...settings, isDark: isDark() });
    listeners.add(listener);
    listener();
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return seen;
}
