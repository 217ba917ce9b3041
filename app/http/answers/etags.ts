import type { IncomingMessage } from 'node:http';
import type { Encoding } from './encoding.js';

/** Uniquely identifies a state of the subject's data: versions are never reused. */
export type DataState = { version: number; createdAt: number };

/** Whether the client already has the answer with this ETag. */
export type IsKnown = (etag: string) => boolean;

/** Distinguishes subjects with the same id in different databases. */
function creation({ createdAt }: Pick<DataState, 'createdAt'>): string {
  return createdAt.toString(36);
}

/**
 * The strong ETag of an answer about a subject: "<id>.<version>.<created><question>". `question` names the answer among
 * all answers made from the same state; it is empty or begins with a dot.
 */
export function formatEtag(subjectId: number, state: DataState, question = ''): string {
  return `"${subjectId}.${state.version}.${creation(state)}${question}"`;
}

/** ETag of an answer that covers several subjects: "<id>.<version>.<created>+<id>.<version>.<created><question>". */
export function formatEtagOfMany(
  subjectIds: readonly number[],
  states: readonly DataState[],
  question: string,
): string {
  const each = subjectIds.map((subjectId, place) => formatEtag(subjectId, states[place] as DataState).slice(1, -1));
  return `"${each.join('+')}${question}"`;
}

/** ETag of the same answer in another encoding. Different bytes require a different strong ETag. */
export function withEncoding(etag: string, encoding: Encoding): string {
  return encoding === 'identity' ? etag : `${etag.slice(0, -1)}.${encoding}"`;
}

/** Suffix that Apache adds to the ETag of a response that it compresses; no ETag of the service ends with it. */
const PROXY_SUFFIX = /-(?:gzip|br|zstd)"$/;

/**
 * Parses a list of ETags into the form in which the service sent them. A compressing proxy makes an ETag weak (nginx,
 * HAProxy, Varnish) or appends the encoding (Apache). The content that the ETag names is unchanged, so such an ETag is
 * accepted in place of the original one, even in If-Match, where a weak ETag never matches according to RFC 9110
 * 13.1.1.
 */
export function splitList(header: string): string[] {
  return header.split(',').map((candidate) => candidate.trim().replace(/^W\//, '').replace(PROXY_SUFFIX, '"'));
}

/** Parses If-None-Match. */
export function knownBy(request: IncomingMessage): IsKnown {
  const header = request.headers['if-none-match'];
  if (header === undefined) return () => false;
  if (header.trim() === '*') return () => true;
  const etags = new Set(splitList(header));
  return (etag) => etags.has(etag);
}

/**
 * Parses If-Match: returns the versions of the subject that its ETags name. `acceptsSuffix` decides whether the rest of
 * the ETag, the question and the encoding, belongs to an acceptable answer.
 */
export function versionsIn(
  header: string,
  subjectId: number,
  state: Pick<DataState, 'createdAt'>,
  acceptsSuffix: (suffix: string) => boolean,
): number[] {
  const head = `"${subjectId}.`;
  const versions: number[] = [];
  for (const etag of splitList(header)) {
    if (!etag.startsWith(head) || !etag.endsWith('"')) continue;
    const [, version, rest = ''] = /^(\d{1,16})\.(.*)$/.exec(etag.slice(head.length, -1)) ?? [];
    const created = creation(state);
    if (rest.startsWith(created) && acceptsSuffix(rest.slice(created.length))) versions.push(Number(version));
  }
  return versions.filter(Number.isSafeInteger);
}
