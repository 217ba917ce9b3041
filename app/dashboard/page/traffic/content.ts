import type { Place } from '../frame/place.js';
import { html, type View } from '../frame/view.js';
import { NotFound } from '../shared/notes.js';
import { CaseView } from './case_view.js';
import { CasesView } from './cases_view.js';
import { parseTrafficPath } from './place.js';
import { RegistersView } from './registers_view.js';
import { VoteView } from './vote_view.js';

/** The views of specialists and managers. */
export function TrafficContent({ path, query }: Place): View {
  const place = parseTrafficPath(path);
  switch (place.name) {
    case 'vote':
      return html`<${VoteView} />`;
    case 'cases':
      return html`<${CasesView} query=${query} />`;
    case 'case':
      return html`<${CaseView} key=${place.caseId} caseId=${place.caseId} />`;
    case 'registers':
      return html`<${RegistersView} />`;
    default:
      return html`<${NotFound} />`;
  }
}
