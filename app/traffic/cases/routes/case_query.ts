import { FORMAT_PARAMETERS } from '../../../http/answers/row_formats.js';
import { limitParameter } from '../../../http/query/number_page.js';
import type { Parameter } from '../../../http/query/query.js';
import { citizenText, oneOf, optional, withDefault } from '../../../http/query/query_kinds.js';
import { isUuid } from '../../cameras/model/uuid.js';
import { placeParameter } from '../../cursor.js';
import { momentParameter } from '../../moment_parameter.js';
import { STATUSES } from '../schema.js';
import { STAT_KINDS } from '../service.js';

const MAX_CASES = 1_000;
const DEFAULT_CASES = 100;

function uuidParameter(name: string, description: string): Parameter<string | undefined> {
  return optional({
    name,
    description,
    schema: { type: 'string', format: 'uuid' },
    read(text, refuse) {
      if (isUuid(text)) return text.toLowerCase();
      refuse({ code: 'WRONG_FORM', detail: 'must be a UUID' });
      return undefined;
    },
  });
}

export const CASE_QUERY = {
  status: oneOf({ name: 'status', description: 'Only cases in this status.', words: STATUSES }),
  camera: uuidParameter('camera', 'Only cases of this camera.'),
  violation: uuidParameter('violation', 'Only cases of this violation.'),
  transport: citizenText({ name: 'transport', description: 'Only cases of this car.' }),
  from: momentParameter('from', 'The first moment of violations.'),
  to: momentParameter('to', 'The first moment that is too late.'),
  limit: withDefault(limitParameter('Maximum number of cases per page.', MAX_CASES), DEFAULT_CASES),
  after: placeParameter<number>('number'),
  ...FORMAT_PARAMETERS,
};

export const STATS_QUERY = {
  groupBy: withDefault(
    oneOf({ name: 'group_by', description: 'What to count by. Days are those of UTC.', words: STAT_KINDS }),
    'status' as const,
  ),
  ...FORMAT_PARAMETERS,
};
