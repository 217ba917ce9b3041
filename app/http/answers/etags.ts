import type { IncomingMessage } from 'node:http';
import type { Encoding } from './encoding.js';

/** What tells one state of an import's data from every other; a version is given once only. */
export type ImportState = { version: number; createdAt: number };

/** Whether the client has the answer of this ETag already. */
export type IsKnown = (etag: string) => boolean;

/** Time of creation as an ETag has it: without it, an import of another database could pass for this one. */
function creation({ createdAt }: Pick<ImportState, 'createdAt'>): string {
  return createdAt.toString(36);
}

/**
 * The strong ETag of an answer about an import: "<id>.<version>.<created><question>". `question` tells the answers about
 * one state apart; it is empty for the list as JSON, and else begins with a dot.
 */
export function formatEtag(importId: number, state: ImportState, question = ''): string {
  return `"${importId}.${state.version}.${creation(state)}${question}"`;
}

/** That of an answer about several imports: "<id>.<version>.<created>+<id>.<version>.<created><question>". */
export function formatEtagOfMany(
  importIds: readonly number[],
  states: readonly ImportState[],
  question: string,
): string {
  const each = importIds.map((importId, place) => formatEtag(importId, states[place] as ImportState).slice(1, -1));
  return `"${each.join('+')}${question}"`;
}

/** The ETag of an answer -> that of the same answer in an encoding, since its bytes are others. */
export function withEncoding(etag: string, encoding: Encoding): string {
  return encoding === 'identity' ? etag : `${etag.slice(0, -1)}.${encoding}"`;
}

/** What Apache appends to the ETag of an answer that it compresses: no ETag of ours ends so. */
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

/** Looks into If-None-Match. */
export function knownBy(request: IncomingMessage): IsKnown {
  const header = request.headers['if-none-match'];
  if (header === undefined) return () => false;
  if (header.trim() === '*') return () => true;
  const etags = new Set(splitList(header));
  return (etag) => etags.has(etag);
}

/**
 * Looks into If-Match: the versions of the import that its ETags name.
 * `mayStandBehind` is asked whether what follows the state in an ETag, question and encoding, is of the right kind.
 */
export function versionsIn(
  header: string,
  importId: number,
  state: Pick<ImportState, 'createdAt'>,
  mayStandBehind: (suffix: string) => boolean,
): number[] {
  const head = `"${importId}.`;
  const versions: number[] = [];
  for (const etag of splitList(header)) {
    if (!etag.startsWith(head) || !etag.endsWith('"')) continue;
    const [, version, rest = ''] = /^(\d{1,16})\.(.*)$/.exec(etag.slice(head.length, -1)) ?? [];
    const created = creation(state);
    if (rest.startsWith(created) && mayStandBehind(rest.slice(created.length))) versions.push(Number(version));
  }
  return versions.filter(Number.isSafeInteger);
}
