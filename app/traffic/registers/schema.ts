const maybeText = { type: ['string', 'null'] };
const count = { type: 'integer', minimum: 0 };
const time = { type: 'string', format: 'date-time' };
const uuid = { type: 'string', format: 'uuid' };

export const ownerSchema = {
  type: 'object',
  required: ['car_number', 'phone_number', 'email', 'tg', 'vk'],
  properties: {
    car_number: { type: 'string' },
    phone_number: maybeText,
    email: maybeText,
    tg: maybeText,
    vk: maybeText,
  },
};

export const violationSchema = {
  type: 'object',
  required: ['id', 'violation_type', 'fine'],
  properties: { id: uuid, violation_type: { type: 'string' }, fine: { type: 'number', minimum: 0 } },
};

export const uploadSchema = {
  type: 'object',
  required: ['added', 'updated', 'invalid', 'errors'],
  properties: {
    added: { ...count, description: 'Rows whose key was not there.' },
    updated: { type: 'array', items: { type: 'string' }, description: 'Keys of rows that were there.' },
    invalid: {
      type: 'array',
      items: { type: 'string' },
      description: 'Columns that the table does not have; left alone.',
    },
    errors: {
      type: 'array',
      maxItems: 20_000,
      description: 'Faults of rows, which were left out; the first 10,000 of them.',
      items: {
        type: 'object',
        required: ['row', 'column', 'code', 'detail'],
        properties: {
          row: { type: 'integer', minimum: 1, description: 'As Excel numbers it: the header is row 1.' },
          column: { type: 'string' },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
    errorCount: { ...count, description: 'Of all faults, where `errors` has not all of them.' },
  },
};

export const convictedSchema = {
  type: 'object',
  required: ['case_id', 'transport', 'violation_type', 'violation_value', 'fine', 'timestamp', 'status_at'],
  properties: {
    case_id: uuid,
    transport: { type: 'string' },
    violation_type: maybeText,
    violation_value: { type: 'string' },
    fine: { type: ['number', 'null'] },
    timestamp: { ...time, description: 'Of the violation.' },
    status_at: { ...time, description: 'Of the decision.' },
    camera_id: uuid,
    phone_number: maybeText,
    email: maybeText,
    tg: maybeText,
    vk: maybeText,
  },
};
