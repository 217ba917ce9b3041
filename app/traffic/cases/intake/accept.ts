import { createHash, randomUUID } from 'node:crypto';
import { hasCode, ServiceError, type Violation } from '../../../errors.js';
import { canonicalJson } from '../../../http/json/canonical_json.js';
import type { CamerasService, CaseValues, Catalog, Shape } from '../../cameras/service.js';
import type { Case } from '../case.js';
import type { CasesRepository } from '../repository.js';
import type { ReceivedPhoto } from './photo_sink.js';
import { fitsNoType, mayFitAnother, otherCamera, refusedCase } from './refusals.js';

/** A camera with its token, or a user. */
export type Sender = { cameraId: string } | { username: string };

export type Accepted = { case: Case; isRepeat: boolean };

/** Hexadecimal digits: 128 bits, so that two different records never meet. */
const DIGEST_LENGTH = 32;
/** The types would have to change as often while one record is tried. */
const MAX_CATALOGS = 5;

type Received = { photo: ReceivedPhoto; record: unknown; sender: Sender };

type Parts = {
  cameras: CamerasService;
  repository: CasesRepository;
  /** Seconds. */
  repeatS: number;
};

function digestOf(cameraId: string, photo: ReceivedPhoto, record: unknown): string {
  const text = `${cameraId}\n${photo.sha256}\n${canonicalJson(record)}`;
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
}

/** What became of a record on one set of types. */
type Attempt = Accepted | { refusal: ServiceError } | 'changed';

/**
 * Makes a case of a record and stores it with its photo.
 * @throws ServiceError RECORD_REFUSED, FORBIDDEN for another camera than the sender, SERVICE_BUSY
 */
export function createAccept({ cameras, repository, repeatS }: Parts): (received: Received) => Promise<Accepted> {
  function store(shape: Shape, values: CaseValues, { photo, record, sender }: Received, catalogVersion: number) {
    const { sha256, bytes, type, source } = photo;
    const stored = {
      ...values,
      caseId: randomUUID(),
      type: shape.name,
      version: shape.version,
      photo: { sha256, bytes, type },
      digest: digestOf(values.cameraId, photo, record),
      record: JSON.stringify(record),
      sentBy: 'username' in sender ? sender.username : undefined,
    };
    return repository.create(stored, source, { catalogVersion, repeatS });
  }

  /** Undefined for a user, and for a camera that was deleted meanwhile. */
  async function typeOf(sender: Sender): Promise<string | undefined> {
    if (!('cameraId' in sender)) return undefined;
    try {
      return (await cameras.get(sender.cameraId)).type;
    } catch (reason) {
      if (hasCode(reason, 'CAMERA_NOT_FOUND')) return undefined;
      throw reason;
    }
  }

  async function attempt({ version, shapes }: Catalog, received: Received): Promise<Attempt> {
    const faultsByType = new Map<string, readonly Violation[]>();
    let refusal: ServiceError | undefined;
    for (const shape of shapes.values()) {
      const fitted = await cameras.fit(shape, received.record);
      if ('violations' in fitted) {
        faultsByType.set(shape.name, fitted.violations);
        continue;
      }
      const { sender } = received;
      if ('cameraId' in sender && sender.cameraId !== fitted.values.cameraId) {
        refusal ??= otherCamera();
        continue;
      }
      const outcome = await store(shape, fitted.values, received, version);
      if (outcome.kind === 'changed') return 'changed';
      if (outcome.kind !== 'refused') return { case: outcome.case, isRepeat: outcome.kind === 'repeated' };
      refusal ??= refusedCase(shape, outcome.faults);
      if (!mayFitAnother(outcome.faults)) return { refusal };
    }
    return { refusal: refusal ?? fitsNoType(faultsByType, await typeOf(received.sender)) };
  }

  return async (received) => {
    let catalog = await cameras.catalog();
    for (let i = 0; i < MAX_CATALOGS; i++) {
      const made = await attempt(catalog, received);
      if (made !== 'changed' && 'case' in made) return made;
      // A shape that was stored a moment ago may take what this one refuses.
      const latest = await cameras.latestCatalog(catalog);
      if (latest === catalog && made !== 'changed') throw made.refusal;
      catalog = latest;
    }
    throw new ServiceError('SERVICE_BUSY', 'The camera types keep changing. Nothing was stored.');
  };
}
