import { FORM_HEADERS, formOf } from '../http/form.js';
import { addUser, type Caller, callerWith, readAdminToken } from '../users.js';
import { sendForm } from './case_form.js';
import { picture } from './pictures.js';
import { recordFor } from './traffic_suite.js';

/** What tests of the page do beside it. */
export type PageWorld = {
  admin: Caller;
  violationId: string;
  specialists: ReadonlyMap<string, Caller>;
  addCamera(description?: string): Promise<{ id: string; token: string }>;
  /** Sends a case of a camera; photos of different shades are different cases. Returns its id. */
  sendCase(camera: { id: string; token: string }, shade: number, changes?: object, photo?: Buffer): Promise<string>;
};

/** A manager, `marge`, specialists and a kind of violations on a running service. */
export async function makePageWorld(
  { url, dataDir }: { url: string; dataDir: string },
  names: readonly string[] = [],
): Promise<PageWorld> {
  const admin = callerWith(url, readAdminToken(dataDir));
  await addUser(url, admin, 'marge', ['manager']);
  const specialists = new Map<string, Caller>();
  for (const name of names) {
    specialists.set(name, await addUser(url, admin, name, ['user']));
    await admin.send('POST', '/managers/verify', { username: name });
  }
  const rows = [{ name: 'file', filename: 'rows.csv', bytes: 'violation_type,fine\nspeeding,500\n' }];
  await fetch(`${url}/managers/import/violations/upload-file`, {
    method: 'POST',
    headers: { ...FORM_HEADERS, Authorization: `Token ${admin.token}` },
    body: new Uint8Array(formOf(rows)),
  });
  const { data } = (await admin.get<{ data: { id: string }[] }>('/violations')).body;
  const violationId = data[0]?.id ?? '';
  return {
    admin,
    violationId,
    specialists,
    async addCamera(description = '') {
      const camera = { GPScoords: { latitude: 55.7, longitude: 37.6 }, CameraType: 'camerus1', description };
      const id = (await admin.send<string>('POST', '/cameras/regist', camera)).body;
      return { id, token: (await admin.send<{ token: string }>('POST', `/cameras/${id}/token`)).body.token };
    },
    async sendCase({ id, token }, shade, changes = {}, photo = picture(shade)) {
      const metadata = JSON.stringify({ ...recordFor('camerus1', id, violationId), ...changes });
      const sent = await sendForm<{ case_id: string }>(url, token, { photo, metadata });
      if (sent.status !== 201) throw new Error(sent.text);
      return sent.body.case_id;
    },
  };
}
