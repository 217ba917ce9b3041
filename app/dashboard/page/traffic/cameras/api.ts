import { ask } from '../../shared/http_client.js';
import { type Page, readPage } from '../shared/api.js';

/** The API of cameras as the page uses it. All functions throw ApiError. */

export type Camera = {
  id: string;
  GPScoords: { latitude: number; longitude: number };
  CameraType: string;
  description: string;
  enabled: boolean;
  created_at: string;
};
export type NewCamera = Pick<Camera, 'GPScoords' | 'CameraType' | 'description'>;

const PAGE_ROWS = 100;

/** In the order of registration. */
export function readCameras(query: { type: string; cursor: string }, signal?: AbortSignal): Promise<Page<Camera>> {
  return readPage('/cameras', { ...query, limit: PAGE_ROWS }, signal);
}

/** Returns the id. */
export async function registerCamera(camera: NewCamera): Promise<string> {
  return (await ask<string>('/cameras/regist', { method: 'POST', body: camera })).body;
}

export async function changeCamera(id: string, changes: Partial<NewCamera & { enabled: boolean }>): Promise<void> {
  await ask(`/cameras/${id}`, { method: 'PATCH', body: changes });
}

/** A new token; the one before ends. */
export async function renewToken(id: string): Promise<string> {
  return (await ask<{ token: string }>(`/cameras/${id}/token`, { method: 'POST' })).body.token;
}

export async function removeCamera(id: string): Promise<void> {
  await ask(`/cameras/${id}`, { method: 'DELETE' });
}
