import type { WholeCase } from './service.js';

export const STATUSES = ['initiated', 'extended', 'justified', 'convicted'] as const;

const time = { type: 'string', format: 'date-time' };
const uuid = { type: 'string', format: 'uuid' };

const ownerSchema = {
  type: ['object', 'null'],
  description: 'Of the car, where its number is in the register.',
  properties: {
    car_number: { type: 'string' },
    phone_number: { type: ['string', 'null'] },
    email: { type: ['string', 'null'] },
    tg: { type: ['string', 'null'] },
    vk: { type: ['string', 'null'] },
  },
};

const votesSchema = {
  type: 'object',
  required: ['justify', 'convict', 'list'],
  properties: {
    justify: { type: 'integer' },
    convict: { type: 'integer' },
    list: {
      type: 'array',
      items: {
        type: 'object',
        required: ['username', 'vote', 'level', 'at'],
        properties: {
          username: { type: 'string' },
          vote: { type: 'string', enum: ['justify', 'convict'] },
          level: { type: 'integer' },
          at: time,
        },
      },
    },
  },
};

export const caseSchema = {
  type: 'object',
  required: [
    'case_id',
    'transport',
    'camera_id',
    'violation_id',
    'violation_value',
    'skill_value',
    'timestamp',
    'status',
    'status_at',
    'created_at',
    'type',
    'version',
    'photo',
    'owner',
    'votes',
  ],
  properties: {
    case_id: uuid,
    transport: { type: 'string' },
    camera_id: uuid,
    violation_id: uuid,
    violation_value: { type: 'string' },
    skill_value: { type: 'integer', minimum: 1, maximum: 100 },
    timestamp: { ...time, description: 'Of the violation.' },
    status: { type: 'string', enum: STATUSES },
    status_at: time,
    created_at: time,
    type: { type: 'string', description: 'The camera type that made the case.' },
    version: { type: 'integer', description: 'Of the type.' },
    photo: {
      type: 'object',
      required: ['sha256', 'bytes', 'type'],
      properties: { sha256: { type: 'string' }, bytes: { type: 'integer' }, type: { type: 'string' } },
    },
    owner: ownerSchema,
    votes: votesSchema,
  },
};

const count = { type: 'integer', minimum: 0 };

export const caseCheckSchema = {
  type: 'object',
  required: ['cases', 'counts', 'wrong_counts', 'differences'],
  properties: {
    cases: { ...count, description: 'Cases that were counted.' },
    counts: { ...count, description: 'Stored counts that were compared.' },
    wrong_counts: { ...count, description: 'Stored counts that are wrong; 0 when all agree.' },
    differences: {
      type: 'array',
      maxItems: 100,
      description: 'The first hundred wrong counts.',
      items: {
        type: 'object',
        required: ['kind', 'key', 'kept', 'counted'],
        properties: {
          kind: { type: 'string', enum: ['camera', 'violation', 'status', 'day'] },
          key: { type: 'string', description: 'As GET /cases/stats answers it.' },
          kept: count,
          counted: count,
        },
      },
    },
  },
};

export const acceptedSchema = {
  type: 'object',
  required: ['case_id', 'type', 'version'],
  properties: { case_id: uuid, type: { type: 'string' }, version: { type: 'integer' } },
};

export const historySchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['status', 'at', 'by'],
    properties: {
      status: { type: 'string', enum: STATUSES },
      at: time,
      by: { type: 'string', description: 'A user, or the camera by its id.' },
    },
  },
};

export const exampleWholeCase: WholeCase = {
  no: 1,
  caseId: '2f1f3c0e-7c0b-4a52-9b1e-0a5d4f6b7c8d',
  transport: '1ABC2377',
  cameraId: '104fc08a-efb6-427f-9193-2d54e4d3e127',
  violationId: 'de1635a7-fd92-47a6-9b78-82bb0d41ce71',
  violationValue: '62km/h',
  skillValue: 1,
  timestamp: 1_704_067_200,
  status: 'initiated',
  statusAt: 1_795_834_421,
  createdAt: 1_795_834_421,
  type: 'camerus1',
  version: 1,
  photo: {
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    bytes: 204_800,
    type: 'image/jpeg',
  },
  sentBy: undefined,
  owner: null,
  votes: null,
};
