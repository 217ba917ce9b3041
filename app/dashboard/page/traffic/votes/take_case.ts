import { send } from '../../shared/http_client.js';

/** A case that the specialist has, and its photo, ready to be shown. */
export type HeldCase = {
  caseId: string;
  transport: string;
  /** Empty if the register has lost it. */
  violationType: string;
  violationValue: string;
  timestamp: string;
  /** When the hold ends, by the clock of this computer. */
  endsAtMs: number;
  /** An object URL; releaseCase() ends it. */
  photoUrl: string;
};

const DATE_STEP_MS = 1_000;

/** Resolves when the browser can show the picture at once. One that it cannot show stays as it is. */
async function decode(url: string): Promise<void> {
  const image = new Image();
  image.src = url;
  await image.decode().catch(() => {});
}

/** The case at hand, or the next one: record and photo in one answer. @throws ApiError */
export async function takeCase(signal: AbortSignal): Promise<HeldCase> {
  const answer = await send('/specs/get-case', { headers: { Accept: 'image/*' }, signal });
  const text = (name: string) => answer.headers.get(name) ?? '';
  // The clock of this computer may be wrong; how long the hold lasts is known from those of the service. `Date` is cut to
  // seconds: the hold must not seem longer than it is.
  const leftMs = Date.parse(text('X-Expires-At')) - Date.parse(text('Date')) - DATE_STEP_MS;
  const endsAtMs = Date.now() + leftMs;
  const photoUrl = URL.createObjectURL(await answer.blob());
  await decode(photoUrl);
  return {
    caseId: text('X-Case-Id'),
    transport: decodeURI(text('X-Transport')),
    violationType: decodeURIComponent(text('X-Violation-Type')),
    violationValue: decodeURI(text('X-Violation-Value')),
    timestamp: text('X-Case-Timestamp'),
    endsAtMs,
    photoUrl,
  };
}

/** Frees the memory of the photo, which can be shown no more. */
export function releaseCase({ photoUrl }: HeldCase): void {
  URL.revokeObjectURL(photoUrl);
}
