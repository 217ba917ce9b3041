import { ask, withQuery } from '../../shared/http_client.js';
import { type Page, readPage } from '../shared/api.js';

/** The API of camera types as the page uses it. All functions throw ApiError. */

export const FIELD_TYPES = ['str', 'int', 'float', 'bool', 'uuid', 'datetime', 'dict'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** Text in place of a number is sent as it is, and the service reports the fault. */
export type Field = {
  key: string;
  type: FieldType;
  required?: boolean;
  pattern?: string;
  min_length?: number | string;
  max_length?: number | string;
  ge?: number | string;
  le?: number | string;
  enum?: (string | number)[];
  fields?: Field[];
};

export const CASE_MEMBERS = [
  'transport',
  'camera_id',
  'violation_id',
  'violation_value',
  'skill_value',
  'timestamp',
] as const;
export type CaseMember = (typeof CASE_MEMBERS)[number];

export type Definition = { fields: Field[]; case: Record<CaseMember, string> };
export type CameraType = Definition & { name: string; version: number; created_at: string; updated_at: string };
export type TypeVersion = Definition & { version: number; created_at: string; by: string };

/** What became of the stored records of the type. */
export type Trial = {
  version: number;
  tried: number;
  failing: number;
  cases: { case_id: string; errors: { pointer: string; code: string; detail: string }[] }[];
};

const TYPES = '/cameras/types';

/** By name. */
export async function readTypes(signal?: AbortSignal): Promise<CameraType[]> {
  return (await ask<CameraType[]>(TYPES, signal && { signal })).body;
}

export async function readType(name: string, signal?: AbortSignal): Promise<CameraType> {
  return (await ask<CameraType>(`${TYPES}/${name}`, signal && { signal })).body;
}

/** Newest first. */
export function readVersions(name: string, cursor: string, signal?: AbortSignal): Promise<Page<TypeVersion>> {
  return readPage(`${TYPES}/${name}/versions`, { cursor }, signal);
}

export async function saveType(name: string, definition: Definition): Promise<CameraType> {
  const path = `${TYPES}/${encodeURIComponent(name)}`;
  return (await ask<CameraType>(path, { method: 'PUT', body: definition })).body;
}

/** Tries the records of the last 1,000 cases of the type on a definition; stores nothing. */
export async function tryType(name: string, definition: Definition): Promise<Trial> {
  const path = withQuery(`${TYPES}/${encodeURIComponent(name)}`, { dry_run: 'true' });
  return (await ask<Trial>(path, { method: 'PUT', body: definition })).body;
}

export async function removeType(name: string): Promise<void> {
  await ask(`${TYPES}/${name}`, { method: 'DELETE' });
}
