import type { Place } from '../frame/place.js';
import { html, type View } from '../frame/view.js';
import { NotFound } from '../shared/notes.js';
import { ImportView } from './imports/import_view.js';
import { ImportsView } from './imports/imports_view.js';
import { parseCensusPath } from './place.js';
import { CompareView } from './statistics/compare_view.js';

/** The views of imports and their statistics. */
export function CensusContent({ path, query }: Place): View {
  const place = parseCensusPath(path);
  if (place.name === 'import') {
    const { importId, tab } = place;
    return html`<${ImportView} key=${importId} importId=${importId} tab=${tab} query=${query} />`;
  }
  if (place.name === 'imports') return html`<${ImportsView} />`;
  if (place.name === 'compare') return html`<${CompareView} query=${query} />`;
  return html`<${NotFound} />`;
}
