import { FORM_HEADERS, formOf } from '../http/form.js';
import { bundledTypes } from '../traffic/bundled_types.js';
import { sendForm } from '../traffic/case_form.js';
import { makePhoto } from '../traffic/photos.js';
import { recordFor } from '../traffic/traffic_suite.js';
import type { Caller } from '../users.js';

/** Things that requests by chance would never make or name. */
export type TrafficThings = {
  caseId: string;
  /** With a case, and without one. */
  cameraId: string;
  spareCameraId: string;
  /** Used by no camera. */
  spareType: string;
};

/** The car whose owner is in the register. */
export const CAR_NUMBER = '1ABC2377';
const SPARE_TYPE = 'spare';

/** Fills both registers, makes a type and two cameras, and sends a case. */
export async function makeTrafficThings(url: string, admin: Caller): Promise<TrafficThings> {
  async function upload(table: string, text: string): Promise<void> {
    await fetch(`${url}/managers/import/${table}/upload-file`, {
      method: 'POST',
      headers: { ...FORM_HEADERS, Authorization: `Token ${admin.token}` },
      body: new Uint8Array(formOf([{ name: 'file', filename: 'rows.csv', bytes: text }])),
    });
  }
  async function register(): Promise<string> {
    const camera = { GPScoords: { latitude: 55.7, longitude: 37.6 }, CameraType: 'camerus1', description: '' };
    return (await admin.send<string>('POST', '/cameras/regist', camera)).body;
  }
  await upload('car_owners', `car_number\n${CAR_NUMBER}\n`);
  await upload('violations', 'violation_type,fine\nspeed,500\n');
  const { data } = (await admin.get<{ data: { id: string }[] }>('/violations')).body;
  await admin.send('PUT', `/cameras/types/${SPARE_TYPE}`, bundledTypes().get('camerus1'));
  const cameraId = await register();
  const metadata = recordFor('camerus1', cameraId, data[0]?.id ?? '');
  const sent = await sendForm<{ case_id: string }>(url, admin.token, { photo: makePhoto(), metadata });
  return {
    caseId: sent.body.case_id,
    cameraId,
    spareCameraId: await register(),
    spareType: SPARE_TYPE,
  };
}
