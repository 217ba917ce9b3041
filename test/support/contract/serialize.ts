import type { Schema } from './document.js';

/** Serialization of a schema's value to a body of a content type. */

const BOUNDARY = 'svodka-contract-boundary';

/** The media type of a content type: `text/csv` of `text/csv; charset=utf-8`. */
export function mediaTypeOf(contentType: string): string {
  return (contentType.split(';')[0] as string).trim().toLowerCase();
}

export function isJsonType(contentType: string): boolean {
  return /^application\/([\w.-]+\+)?json$/.test(mediaTypeOf(contentType));
}

function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Members of an object; a list becomes a repeated member. */
function fieldsOf(value: unknown): [name: string, text: string][] {
  if (typeof value !== 'object' || value === null) return [['value', fieldText(value)]];
  return Object.entries(value).flatMap(([name, member]) =>
    (Array.isArray(member) ? member : [member]).map((one): [string, string] => [name, fieldText(one)]),
  );
}

function isFile({ format, contentMediaType, items }: Schema): boolean {
  return format === 'binary' || contentMediaType !== undefined || (items !== undefined && isFile(items as Schema));
}

function toMultipart(value: unknown, schema: Schema): string {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const parts = fieldsOf(value).map(([name, text]) => {
    const quoted = encodeURIComponent(name);
    const file = isFile(properties[name] ?? {}) ? '; filename="file"\r\nContent-Type: application/octet-stream' : '';
    return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${quoted}"${file}\r\n\r\n${text}\r\n`;
  });
  return `${parts.join('')}--${BOUNDARY}--\r\n`;
}

/** The Content-Type header of such a body. */
export function contentTypeHeader(mediaType: string): string {
  return mediaType === 'multipart/form-data' ? `${mediaType}; boundary=${BOUNDARY}` : mediaType;
}

/** JSON, forms and multipart bodies are built from values; other types take texts unchanged. */
export function serialize(mediaType: string, value: unknown, schema: Schema): Buffer {
  if (isJsonType(mediaType)) return Buffer.from(JSON.stringify(value));
  if (mediaType === 'application/x-www-form-urlencoded') {
    return Buffer.from(new URLSearchParams(fieldsOf(value)).toString());
  }
  if (mediaType === 'multipart/form-data') return Buffer.from(toMultipart(value, schema));
  return Buffer.from(fieldText(value));
}
