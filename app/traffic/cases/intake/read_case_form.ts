import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import type { BodyAccount } from '../../../http/bodies/body_budget.js';
import { collectPart, readMultipart } from '../../../http/bodies/multipart.js';
import { parseRecord } from './parse_record.js';
import { MAX_PHOTO_BYTES, type PhotoSink, type ReceivedPhoto } from './photo_sink.js';

const MAX_METADATA_BYTES = 64 * 1024;
/** Boundaries and headers of two parts. */
const MAX_FORM_BYTES = 64 * 1024;
const LIMITS = { limitBytes: MAX_PHOTO_BYTES + MAX_METADATA_BYTES + MAX_FORM_BYTES, maxParts: 10 };

const NAMES = ['photo', 'metadata'];

function requireParts(isRight: boolean, detail: string): void {
  if (!isRight) throw new ServiceError('MALFORMED_FORM', `${detail}. Nothing was stored.`);
}

/**
 * Reads the form of a camera, its parts in either order.
 * @throws ServiceError as readMultipart; MALFORMED_FORM, too, for a part that is missing, unknown or there twice; MALFORMED_RECORD, UNSUPPORTED_MEDIA_TYPE for what is no image
 */
export async function readCaseForm(
  ctx: Context,
  sink: PhotoSink,
  account: BodyAccount,
): Promise<{ photo: ReceivedPhoto; record: unknown }> {
  const seen = new Set<string>();
  let photo: ReceivedPhoto | undefined;
  let record: unknown;
  await readMultipart(ctx, LIMITS, async ({ name }, bytes) => {
    requireParts(NAMES.includes(name), 'The form may have the parts photo and metadata alone');
    requireParts(!seen.has(name), `The part ${name} is there twice`);
    seen.add(name);
    if (name === 'photo') photo = await sink.receive(bytes as AsyncIterable<Buffer>);
    else record = parseRecord(await collectPart(bytes, MAX_METADATA_BYTES, account));
  });
  for (const name of NAMES) requireParts(seen.has(name), `The part ${name} is missing`);
  return { photo: photo as ReceivedPhoto, record };
}
