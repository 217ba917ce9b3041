import { createHash } from 'node:crypto';
import { ServiceError } from '../../../errors.js';
import { tooLarge } from '../../../http/bodies/body.js';
import type { BodyAccount } from '../../../http/bodies/body_budget.js';
import type { CasePhoto } from '../case.js';
import { PHOTO_HEAD_BYTES, photoTypeOf } from '../model/photo_type.js';
import { PHOTO_PIECE_BYTES, type PhotoSource } from '../repository.js';

export const MAX_PHOTO_BYTES = 16 * 1024 * 1024;

/** Bytes in one call to the database: a photo up to this length is stored in one call with its case. */
const STAGE_BYTES = PHOTO_PIECE_BYTES;

export type ReceivedPhoto = CasePhoto & { source: PhotoSource };

export type PhotoSink = {
  /**
   * Reads a photo; holds up to 256 KB of it.
   * @throws ServiceError UNSUPPORTED_MEDIA_TYPE for what is no image, BODY_TOO_LARGE
   */
  receive(pieces: AsyncIterable<Buffer>): Promise<ReceivedPhoto>;
  /** The number under which pieces were staged; undefined when there are none. */
  stagedNo(): number | undefined;
};

type Stage = (no: number | undefined, place: number, parts: readonly Buffer[]) => Promise<number>;

function noImage(): ServiceError {
  const detail = 'photo must be a PNG, a JPEG or a WebP image, by its first bytes. Nothing was stored.';
  return new ServiceError('UNSUPPORTED_MEDIA_TYPE', detail);
}

/** Takes one photo while it arrives: its SHA-256, its type, and all of it but the end to the database. */
export function createPhotoSink(account: BodyAccount, stage: Stage): PhotoSink {
  const hash = createHash('sha256');
  const held: Buffer[] = [];
  let heldBytes = 0;
  let totalBytes = 0;
  let type: string | undefined;
  let no: number | undefined;
  let place = 0;

  function findType(isEnd: boolean): void {
    if (type !== undefined || (totalBytes < PHOTO_HEAD_BYTES && !isEnd)) return;
    type = photoTypeOf(Buffer.concat(held, Math.min(heldBytes, PHOTO_HEAD_BYTES)));
    if (type === undefined) throw noImage();
  }

  /** Takes the first STAGE_BYTES of what is held. */
  function takeFull(): Buffer[] {
    const full: Buffer[] = [];
    let missing = STAGE_BYTES;
    while (missing > 0) {
      const first = held.shift() as Buffer;
      full.push(first.subarray(0, missing));
      if (first.length > missing) held.unshift(first.subarray(missing));
      missing -= Math.min(missing, first.length);
    }
    heldBytes -= STAGE_BYTES;
    return full;
  }

  /** Sends what is full; a photo that ends there may still go with its case. */
  async function stageFull(): Promise<void> {
    while (heldBytes > STAGE_BYTES) {
      no = await stage(no, place, takeFull());
      place++;
      account.give(STAGE_BYTES);
    }
  }

  async function finish(): Promise<PhotoSource> {
    if (no === undefined) return { parts: held };
    await stage(no, place, held);
    return { no };
  }

  return {
    async receive(pieces) {
      for await (const piece of pieces) {
        totalBytes += piece.length;
        if (totalBytes > MAX_PHOTO_BYTES) throw tooLarge(MAX_PHOTO_BYTES);
        account.take(piece.length);
        hash.update(piece);
        held.push(piece);
        heldBytes += piece.length;
        findType(false);
        await stageFull();
      }
      findType(true);
      const source = await finish();
      return { sha256: hash.digest('hex'), bytes: totalBytes, type: type as string, source };
    },
    stagedNo: () => no,
  };
}
