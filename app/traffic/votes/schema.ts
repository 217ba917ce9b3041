/** The body of POST /specs/vote. `convinct` is how the predecessor spelled it. */
export const voteSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['vote'],
  properties: {
    vote: { type: 'string', enum: ['justify', 'convict', 'convinct'] },
    case_id: {
      type: 'string',
      pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
      'x-pattern-words': 'must be a UUID',
      description:
        'The case that the vote is meant for; refused if you hold another one. By default, the case that you hold.',
    },
  },
} as const;

/** The body of POST /managers/verify. */
export const verifySchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    id: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'As GET /api/v1/me answers it.' },
    username: { type: 'string', minLength: 1, maxLength: 150, 'x-well-formed': true },
  },
} as const;

const time = { type: 'string', format: 'date-time' };
const uuid = { type: 'string', format: 'uuid' };
const count = { type: 'integer', minimum: 0 };
const share = { type: ['number', 'null'], minimum: 0, maximum: 1 };

export const heldCaseSchema = {
  type: 'object',
  required: ['case_id', 'transport', 'violation_type', 'violation_value', 'timestamp', 'photo_url', 'expires_at'],
  properties: {
    case_id: uuid,
    transport: { type: 'string' },
    violation_type: { type: ['string', 'null'] },
    violation_value: { type: 'string' },
    timestamp: { ...time, description: 'Of the violation.' },
    photo_url: { type: 'string' },
    expires_at: { ...time, description: 'Until then the case is yours.' },
  },
};

export const castVoteSchema = {
  type: 'object',
  required: ['status', 'case_id'],
  properties: {
    status: { type: 'string', const: 'OK' },
    case_id: { ...uuid, description: 'Of the case that was voted on.' },
    next: {
      anyOf: [heldCaseSchema, { type: 'null' }],
      description: 'With `?next=true`: the next case, as `/specs/get-case` answers it, or null if there is none.',
    },
  },
};

export const specialistSchema = {
  type: 'object',
  required: ['username', 'skill', 'wallet', 'votes', 'right', 'wrong', 'streak', 'agreement'],
  properties: {
    username: { type: 'string' },
    skill: { type: 'integer', minimum: 1, maximum: 100 },
    wallet: { type: 'number', minimum: 0 },
    votes: { ...count, description: 'Cast.' },
    right: { ...count, description: 'Votes on cases that were decided as this specialist voted.' },
    wrong: count,
    streak: { ...count, description: 'Right votes in a row, in order of decision.' },
    agreement: {
      ...share,
      description:
        'Of all pairs with the vote of another specialist on the same case and level, the share that say the same.',
    },
  },
};

const seconds = { type: ['number', 'null'], minimum: 0 };

export const statisticsSchema = {
  type: 'object',
  required: ['votes', 'agreement', 'decisions'],
  properties: {
    votes: { type: 'object', required: ['justify', 'convict'], properties: { justify: count, convict: count } },
    agreement: {
      ...share,
      description: 'Of all pairs of votes on the same case and level, the share that say the same.',
    },
    decisions: {
      type: 'array',
      description: 'How long decisions took, from the arrival of a case. Times are rounded up by at most 19%.',
      items: {
        type: 'object',
        required: ['status', 'cases', 'median_s', 'p90_s'],
        properties: {
          status: { type: 'string', enum: ['justified', 'convicted'] },
          cases: count,
          median_s: seconds,
          p90_s: seconds,
        },
      },
    },
  },
};

export const waitingSchema = {
  type: 'object',
  required: ['open', 'levels'],
  properties: {
    open: { ...count, description: 'Open cases.' },
    levels: {
      type: 'array',
      description: 'The levels at which an open case lacks a vote and nobody has the case for it.',
      items: {
        type: 'object',
        required: ['level', 'cases', 'specialists'],
        properties: {
          level: { type: 'integer', minimum: 1, maximum: 100 },
          cases: { ...count, maximum: 100, description: 'These cases, counted up to 100.' },
          specialists: { ...count, maximum: 100, description: 'Specialists of that skill, counted up to 100.' },
        },
      },
    },
  },
};

export const voteCheckSchema = {
  type: 'object',
  required: ['specialists', 'votes', 'differing', 'differences'],
  properties: {
    specialists: { ...count, description: 'That were compared.' },
    votes: { ...count, description: 'That were counted.' },
    differing: { ...count, description: 'Specialists whose record does not follow from the votes: 0 when all agree.' },
    differences: {
      type: 'array',
      maxItems: 100,
      description: 'The first wrong field of the first hundred of them; wallets in millionths.',
      items: {
        type: 'object',
        required: ['user_id', 'field', 'kept', 'counted'],
        properties: {
          user_id: { type: 'integer' },
          field: { type: 'string', enum: ['wallet', 'votes', 'right', 'wrong'] },
          kept: { type: 'integer' },
          counted: { type: 'integer' },
        },
      },
    },
  },
};
