import { Part } from '../frame/load_part.js';
import type { Place } from '../frame/place.js';
import { html, type View } from '../frame/view.js';
import { NotFound } from '../shared/notes.js';
import { CamerasView } from './cameras/cameras_view.js';
import { CaseView } from './cases/case_view.js';
import { CasesView } from './cases/cases_view.js';
import { parseTrafficPath } from './place.js';
import { RegistersView } from './registers/registers_view.js';
import { TypeView } from './types/type_view.js';
import { TypesView } from './types/types_view.js';
import { VoteView } from './votes/vote_view.js';

/** Loaded when it is first shown: specialists, who vote, need no charts. */
const STATISTICS = {
  name: 'charts',
  async load() {
    const { loadChart } = await import('../charts/load_chart.js');
    const { StatisticsView } = await import('./statistics/statistics_view.js');
    await loadChart();
    return StatisticsView;
  },
};

/** The views of specialists and managers. */
export function TrafficContent({ path, query }: Place): View {
  const place = parseTrafficPath(path);
  switch (place.name) {
    case 'vote':
      return html`<${VoteView} />`;
    case 'cases':
      return html`<${CasesView} query=${query} />`;
    case 'statistics':
      return html`<${Part} part=${STATISTICS} place=${{ path, query }} />`;
    case 'case':
      return html`<${CaseView} key=${place.caseId} caseId=${place.caseId} />`;
    case 'cameras':
      return html`<${CamerasView} query=${query} />`;
    case 'types':
      return html`<${TypesView} />`;
    case 'newType':
      return html`<${TypeView} key="" typeName=${undefined} copyOf=${query['from']} />`;
    case 'type':
      return html`<${TypeView} key=${place.typeName} typeName=${place.typeName} />`;
    case 'registers':
      return html`<${RegistersView} />`;
    default:
      return html`<${NotFound} />`;
  }
}
