import type { ErrorObject } from 'ajv';

/** Problem members by the names of fields, as Django REST Framework answers them: the predecessor's clients show these. */
type FieldMessages = Record<string, string[]>;

/** Faults of the whole body have this name. */
const WHOLE_BODY = 'non_field_errors';

/** Longer names of unknown fields are not repeated to the client. */
const MAX_FIELD_LENGTH = 256;

const TYPE_MESSAGES: Readonly<Record<string, string>> = {
  string: 'Not a valid string.',
  integer: 'A valid integer is required.',
  boolean: 'Must be a valid boolean.',
  array: 'Expected a list of items.',
  object: 'Invalid data. Expected a dictionary.',
};

const MESSAGES: Readonly<Record<string, (error: ErrorObject) => string>> = {
  required: () => 'This field is required.',
  additionalProperties: () => 'This field is not known.',
  type: ({ data, params }) =>
    data === null ? 'This field may not be null.' : (TYPE_MESSAGES[params['type']] ?? 'This value has a wrong type.'),
  minLength: ({ data, params }) =>
    data === '' ? 'This field may not be blank.' : `Ensure this field has at least ${params['limit']} characters.`,
  maxLength: ({ params }) => `Ensure this field has no more than ${params['limit']} characters.`,
  pattern: () => 'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
  minimum: ({ params }) => `Ensure this value is greater than or equal to ${params['limit']}.`,
  maximum: ({ params }) => `Ensure this value is less than or equal to ${params['limit']}.`,
  enum: ({ data }) => `"${String(data)}" is not a valid choice.`,
};

function fieldOf({ instancePath, params }: ErrorObject): string {
  const missing = params['missingProperty'] ?? params['additionalProperty'];
  const [, field = missing ?? WHOLE_BODY] = instancePath.split('/');
  return field.length > MAX_FIELD_LENGTH ? WHOLE_BODY : field;
}

/** The faults of a body, which Ajv found with `verbose`, by field. */
export function fieldMessages(errors: readonly ErrorObject[]): FieldMessages {
  const messages = new Map<string, string[]>();
  for (const error of errors) {
    const field = fieldOf(error);
    const text = MESSAGES[error.keyword]?.(error) ?? 'This value is not valid.';
    messages.set(field, [...new Set([...(messages.get(field) ?? []), text])]);
  }
  return Object.fromEntries(messages);
}
