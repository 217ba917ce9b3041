import { type Answer, request } from '../http/http.js';

export const BOUNDARY = 'a-boundary-of-the-tests';

/** One part of a form; `name` undefined leaves out its Content-Disposition. */
export type FormPart = { name: string | undefined; filename?: string; bytes: Buffer };

function toBytes(value: string | Buffer | object): Buffer {
  if (Buffer.isBuffer(value)) return value;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A body of multipart/form-data. */
export function formBody(parts: readonly FormPart[]): Buffer {
  const pieces = parts.flatMap(({ name, filename, bytes }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    const disposition = name === undefined ? '' : `Content-Disposition: form-data; name="${name}"${file}\r\n`;
    return [Buffer.from(`--${BOUNDARY}\r\n${disposition}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

/** The body of a case. `metadata` is a field, the photo a file. */
export function caseBody(photo: Buffer, metadata: string | Buffer | object, isPhotoLast = false): Buffer {
  const parts: FormPart[] = [
    { name: 'photo', filename: 'photo.jpg', bytes: photo },
    { name: 'metadata', bytes: toBytes(metadata) },
  ];
  return formBody(isPhotoLast ? parts.reverse() : parts);
}

/** Sends any body as a form. */
export function sendBody<Body>(url: string, token: string | undefined, body: Buffer): Promise<Answer<Body>> {
  return request<Body>(`${url}/cameras/case`, {
    method: 'POST',
    headers: {
      'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
      ...(token !== undefined && { Authorization: `Token ${token}` }),
    },
    body,
  });
}

export function sendForm<Body>(
  url: string,
  token: string | undefined,
  {
    photo,
    metadata,
    isPhotoLast = false,
  }: { photo: Buffer; metadata: string | Buffer | object; isPhotoLast?: boolean },
): Promise<Answer<Body>> {
  return sendBody(url, token, caseBody(photo, metadata, isPhotoLast));
}
