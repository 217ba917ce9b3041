import { splitList } from '../../http/answers/etags.js';

/** The strong ETag of one citizen: "<import>.<citizen>.c<tag>". The tag identifies its content. */
export function formatCitizenEtag(importId: number, citizenId: number, tag: string): string {
  return `"${importId}.${citizenId}.c${tag}"`;
}

/** The tags of this citizen's ETags in an If-Match header. */
export function citizenTagsIn(header: string, importId: number, citizenId: number): string[] {
  const head = `"${importId}.${citizenId}.c`;
  return splitList(header)
    .filter((etag) => etag.startsWith(head) && /^[0-9a-f]{32}"$/.test(etag.slice(head.length)))
    .map((etag) => etag.slice(head.length, -1));
}
