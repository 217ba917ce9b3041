import { toTimestamp } from '../../../calendar.js';
import type { Camera, StoredType, TypeTrial, TypeVersion } from '../service.js';

export const TAG = 'Cameras';

export function toTypeAnswer({ name, version, definition, createdAt, updatedAt }: StoredType): object {
  return { name, version, ...definition, created_at: toTimestamp(createdAt), updated_at: toTimestamp(updatedAt) };
}

export function toVersionAnswer({ version, definition, createdAt, by }: TypeVersion): object {
  return { version, ...definition, created_at: toTimestamp(createdAt), by };
}

export function toCameraAnswer({ id, latitude, longitude, type, description, enabled, createdAt }: Camera): object {
  return {
    id,
    GPScoords: { latitude, longitude },
    CameraType: type,
    description,
    enabled,
    created_at: toTimestamp(createdAt),
  };
}

export function toTrialAnswer({ version, tried, failing }: TypeTrial): object {
  const cases = failing.map(({ caseId, errors }) => ({ case_id: caseId, errors }));
  return { version, tried, failing: failing.length, cases };
}

const EXAMPLE_TIME = '2026-11-27T20:30:11.123456Z';

export const exampleDefinition = {
  fields: [
    { key: 'plate', type: 'str', pattern: '[0-9][A-Z]{3}[0-9]{4,5}' },
    { key: 'camera', type: 'dict', fields: [{ key: 'id', type: 'uuid' }] },
    { key: 'violation', type: 'uuid' },
    { key: 'speed', type: 'int', ge: 1, le: 400 },
    { key: 'at', type: 'datetime' },
  ],
  case: {
    transport: 'plate',
    camera_id: 'camera.id',
    violation_id: 'violation',
    violation_value: "$string(speed) & 'km/h'",
    skill_value: 'speed > 100 ? 5 : 1',
    timestamp: 'at',
  },
};

export const exampleType = {
  name: 'camerus4',
  version: 2,
  ...exampleDefinition,
  created_at: EXAMPLE_TIME,
  updated_at: EXAMPLE_TIME,
};

export const exampleVersion = { version: 2, ...exampleDefinition, created_at: EXAMPLE_TIME, by: 'marge' };

export const exampleCameraId = '104fc08a-efb6-427f-9193-2d54e4d3e127';

export const exampleNewCamera = {
  GPScoords: { latitude: 55.7, longitude: 37.6 },
  CameraType: 'camerus1',
  description: 'Lenin square, towards the bridge',
};

export const exampleCamera = {
  id: exampleCameraId,
  ...exampleNewCamera,
  enabled: true,
  created_at: EXAMPLE_TIME,
};
