import type { JsonSchema } from '../../http/docs/json_schema.js';
import { describedDefinitionSchema } from './shapes/definition_schema.js';

const MAX_DESCRIPTION_LENGTH = 100;

/** Of a camera type. */
export const TYPE_NAME = /^[a-z][a-z0-9_]{0,63}$/;
export const typeNameSchema = { type: 'string', pattern: TYPE_NAME.source } as const;

const coordinatesSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['latitude', 'longitude'],
  properties: {
    latitude: { type: 'number', minimum: -90, maximum: 90 },
    longitude: { type: 'number', minimum: -180, maximum: 180 },
  },
} as const;
const cameraTypeSchema = { type: 'string', minLength: 1, maxLength: 64, 'x-well-formed': true } as const;
const descriptionSchema = { type: 'string', maxLength: MAX_DESCRIPTION_LENGTH, 'x-well-formed': true } as const;

/** The body of POST /cameras/regist. */
export const newCameraSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['GPScoords', 'CameraType'],
  properties: { GPScoords: coordinatesSchema, CameraType: cameraTypeSchema, description: descriptionSchema },
} as const;

/** The body of PATCH /cameras/{id}. */
export const cameraChangesSchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    GPScoords: coordinatesSchema,
    CameraType: cameraTypeSchema,
    description: descriptionSchema,
    enabled: { type: 'boolean' },
  },
} as const;

const time = { type: 'string', format: 'date-time' };
const uuid = { type: 'string', format: 'uuid' };

export const cameraSchema = {
  type: 'object',
  required: ['id', 'GPScoords', 'CameraType', 'description', 'enabled', 'created_at'],
  properties: {
    id: uuid,
    GPScoords: coordinatesSchema,
    CameraType: { type: 'string' },
    description: { type: 'string' },
    enabled: { type: 'boolean' },
    created_at: time,
  },
};

export const typeSchema: JsonSchema = {
  ...describedDefinitionSchema,
  additionalProperties: true,
  required: ['name', 'version', 'fields', 'case', 'created_at', 'updated_at'],
  properties: {
    ...describedDefinitionSchema.properties,
    name: typeNameSchema,
    version: { type: 'integer' },
    created_at: time,
    updated_at: time,
  },
};

export const typeVersionSchema: JsonSchema = {
  ...describedDefinitionSchema,
  additionalProperties: true,
  required: ['version', 'fields', 'case', 'created_at', 'by'],
  properties: {
    ...describedDefinitionSchema.properties,
    version: { type: 'integer' },
    created_at: time,
    by: { type: 'string', description: 'The user who stored it; of the bundled types, `svodka`.' },
  },
};

const violationSchema = {
  type: 'object',
  required: ['pointer', 'code', 'detail'],
  properties: { pointer: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
};

export const trialSchema = {
  type: 'object',
  required: ['version', 'tried', 'failing', 'cases'],
  properties: {
    version: { type: 'integer', description: 'That the type would get.' },
    tried: { type: 'integer', description: 'Records of the last cases, 1,000 at most.' },
    failing: { type: 'integer' },
    cases: {
      type: 'array',
      items: {
        type: 'object',
        required: ['case_id', 'errors'],
        properties: { case_id: uuid, errors: { type: 'array', items: violationSchema } },
      },
    },
  },
};
