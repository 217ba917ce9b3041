import type { IncomingMessage } from 'node:http';
import type { Encoding } from './encoding.js';

/** Identifies one state of a subject's data among all others: no version is used twice. */
export type DataState = { version: number; createdAt: number };

/** Whether the client has the answer of this ETag already. */
export type IsKnown = (etag: string) => boolean;

/** Time of creation in an ETag: without it, a subject of the same id in another database could pass for this one. */
function creation({ createdAt }: Pick<DataState, 'createdAt'>): string {
  return createdAt.toString(36);
}

/**
 * The strong ETag of an answer about a subject: "<id>.<version>.<created><question>". `question` names the answer among
 * all that are made from one state; it is empty, or begins with a dot.
 */
export function formatEtag(subjectId: number, state: DataState, question = ''): string {
  return `"${subjectId}.${state.version}.${creation(state)}${question}"`;
}

/** The ETag of an answer about several subjects: "<id>.<version>.<created>+<id>.<version>.<created><question>". */
export function formatEtagOfMany(
  subjectIds: readonly number[],
  states: readonly DataState[],
  question: string,
): string {
  const each = subjectIds.map((subjectId, place) => formatEtag(subjectId, states[place] as DataState).slice(1, -1));
  return `"${each.join('+')}${question}"`;
}

/** The ETag of the same answer in an encoding: other bytes need another strong ETag. */
export function withEncoding(etag: string, encoding: Encoding): string {
  return encoding === 'identity' ? etag : `${etag.slice(0, -1)}.${encoding}"`;
}

/** What Apache appends to the ETag of an answer that it compresses; no ETag of the service ends like this. */
const PROXY_SUFFIX = /-(?:gzip|br|zstd)"$/;

/**
 * The ETags of a header, each as the service gave it. A proxy that compresses an answer makes its ETag weak (nginx,
 * HAProxy, Varnish) or appends the encoding (Apache). What the ETag names is the content, and that the proxy leaves as
 * it is, so such an ETag is as good as the one it was made of, for If-Match too, where RFC 9110 13.1.1 would have a weak
 * one never match.
 */
export function splitList(header: string): string[] {
  return header.split(',').map((candidate) => candidate.trim().replace(/^W\//, '').replace(PROXY_SUFFIX, '"'));
}

/** Reads If-None-Match. */
export function knownBy(request: IncomingMessage): IsKnown {
  const header = request.headers['if-none-match'];
  if (header === undefined) return () => false;
  if (header.trim() === '*') return () => true;
  const etags = new Set(splitList(header));
  return (etag) => etags.has(etag);
}

/**
 * Reads If-Match: the versions of the subject that its ETags name. `acceptsSuffix` is asked whether the part after the
 * state, question and encoding, is of the right kind.
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
