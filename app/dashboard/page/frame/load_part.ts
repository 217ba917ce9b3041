import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../shared/http_client.js';
import { ErrorNote, Loading } from '../shared/notes.js';
import type { Place } from './place.js';
import { html, type View } from './view.js';

type PartContent = (place: Place) => View;

/** A part of the page whose modules are loaded when it is first shown. `alsoNeeds`: files that it shares with others. */
export type LoadedPart = { name: string; alsoNeeds?: readonly string[]; load(): Promise<PartContent> };

/** Code for an error of the page itself; the service does not use it. */
const NOT_LOADED = 'PART_NOT_LOADED';

const loaded = new Map<string, PartContent>();

/**
 * Fetches the files of a part at once, and not each when a module that is there names it. The page lists them in links
 * without meaning. Resolves when its styles apply.
 */
async function fetchFiles(name: string): Promise<void> {
  const styles: Promise<unknown>[] = [];
  for (const link of document.querySelectorAll<HTMLLinkElement>(`link[data-part="${name}"]`)) {
    delete link.dataset['part'];
    if (link.href.endsWith('.css')) {
      styles.push(
        new Promise((resolve, reject) => {
          link.addEventListener('load', resolve);
          link.addEventListener('error', reject);
        }),
      );
      link.rel = 'stylesheet';
    } else {
      link.rel = 'modulepreload';
    }
  }
  await Promise.all(styles);
}

async function loadPart({ name, alsoNeeds = [], load }: LoadedPart): Promise<PartContent> {
  const [content] = await Promise.all([load(), ...[name, ...alsoNeeds].map(fetchFiles)]);
  loaded.set(name, content);
  return content;
}

/** Shows a part, once it is loaded. */
export function Part({ part, place }: { part: LoadedPart; place: Place }): View {
  const [hasFailed, setFailed] = useState(false);
  const [, setCount] = useState(loaded.size);
  useEffect(() => {
    setFailed(false);
    if (loaded.has(part.name)) return;
    loadPart(part).then(
      () => setCount(loaded.size),
      () => setFailed(true),
    );
  }, [part.name]);
  const content = loaded.get(part.name);
  if (content !== undefined) return html`<${content} ...${place} />`;
  if (!hasFailed) return html`<${Loading} />`;
  // A newer service has its files in another folder, which a new page names.
  const error = new ApiError(0, { code: NOT_LOADED, detail: '' });
  return html`<${ErrorNote} error=${error} onRetry=${() => location.reload()} />`;
}
