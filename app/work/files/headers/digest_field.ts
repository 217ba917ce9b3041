import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';

const SHA256_BYTES = 32;
/** A dictionary of RFC 8941 whose members are byte sequences. */
const MEMBER = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):$/;

function malformed(name: string): ServiceError {
  return new ServiceError('INVALID_INPUT', '1 rule is broken. Nothing was stored.', {
    violations: [
      { pointer: `/headers/${name}`, code: 'NOT_ALLOWED', detail: 'must be like sha-256=:BASE64:, as in RFC 9530' },
    ],
  });
}

/**
 * The SHA-256 that a header of RFC 9530 names; undefined without the header, or with other algorithms only, which a
 * recipient may ignore.
 * @throws ServiceError INVALID_INPUT
 */
export function readDigest(ctx: Context, name: 'Content-Digest' | 'Repr-Digest'): Buffer | undefined {
  const header = ctx.get(name);
  if (header === '') return undefined;
  let digest: Buffer | undefined;
  for (const member of header.split(',')) {
    const [, algorithm, base64] = MEMBER.exec(member.trim()) ?? [];
    if (algorithm === undefined || base64 === undefined) throw malformed(name);
    if (algorithm === 'sha-256') digest = Buffer.from(base64, 'base64');
  }
  if (digest !== undefined && digest.length !== SHA256_BYTES) throw malformed(name);
  return digest;
}

/** The value of a header of RFC 9530. */
export function digestField(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
}
