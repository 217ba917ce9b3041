import type { Context } from 'koa';
import { rowsWantedBy, sendRows, type WantedRows } from '../../http/answers/flat_rows.js';
import type { KeptAnswer } from '../../http/answers/kept_answers.js';
import { FORMAT_PARAMETERS } from '../../http/answers/row_formats.js';
import { NOT_MODIFIED } from '../../http/answers/send_kept.js';
import type { Route } from '../../http/route.js';
import { READERS } from '../access.js';

const TAG = 'Analytics';

type RowsRoute = Pick<
  Route,
  'path' | 'summary' | 'description' | 'parameters' | 'success' | 'mayBeStale' | 'subjectOf'
> & {
  answer(ctx: Context & { params: Record<string, string> }, wanted: WantedRows): Promise<KeptAnswer>;
};

/** A route that answers with flat rows computed from imports and a query. */
export function rowsRoute({ answer, parameters, ...described }: RowsRoute): Route {
  return {
    method: 'get',
    access: READERS,
    tag: TAG,
    otherAnswer: NOT_MODIFIED,
    problems: [404, 503],
    ...described,
    parameters: { ...parameters, ...FORMAT_PARAMETERS },
    async handle(ctx) {
      const wanted = rowsWantedBy(ctx);
      sendRows(ctx, await answer(ctx, wanted), wanted.format);
    },
  };
}
