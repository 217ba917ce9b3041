import { authorization, refuseSession } from '../../session/session.js';
import { ApiError, type Fault, toApiError } from '../../shared/http_client.js';

export type FileFormat = 'json' | 'ndjson' | 'csv';

const CONTENT_TYPES: Readonly<Record<FileFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
};
const FORMAT_OF_ENDING: Readonly<Record<string, FileFormat>> = {
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  csv: 'csv',
};

/** `Citizens.CSV.gz` -> csv, compressed; the format is undefined if the name does not determine it. */
export function readFileName(name: string): { format: FileFormat | undefined; isGzip: boolean } {
  const lower = name.toLowerCase();
  const isGzip = lower.endsWith('.gz');
  const ending = (isGzip ? lower.slice(0, -'.gz'.length) : lower).split('.').at(-1) ?? '';
  return { format: FORMAT_OF_ENDING[ending], isGzip };
}

export type UploadJob = {
  file: File;
  format: FileFormat;
  isDryRun: boolean;
  /** The same for all attempts, so that the import is stored once. */
  idempotencyKey: string;
};

export type UploadOutcome =
  | { kind: 'stored'; importId: number }
  | { kind: 'valid'; citizens: number }
  /** `faults` are those in the report, `count` is their total number. */
  | { kind: 'refused'; faults: readonly Fault[]; count: number }
  | { kind: 'failed'; error: ApiError };

/** A unique idempotency key. `crypto.randomUUID` is unavailable on plain HTTP. */
export function makeIdempotencyKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Parses a report, which may have 100,000 lines, 16 MB. */
function readReport(text: string): Fault[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Fault);
}

function readOutcome(request: XMLHttpRequest): UploadOutcome {
  const { status, responseText } = request;
  const type = request.getResponseHeader('Content-Type') ?? '';
  if (status === 400 && type.startsWith('application/x-ndjson')) {
    const faults = readReport(responseText);
    return { kind: 'refused', faults, count: Number(request.getResponseHeader('X-Error-Count') ?? faults.length) };
  }
  if (status === 200) return { kind: 'valid', citizens: JSON.parse(responseText).data.citizens };
  if (status === 201) return { kind: 'stored', importId: JSON.parse(responseText).data.import_id };
  const error = toApiError(status, responseText);
  if (error.faults.length > 0) return { kind: 'refused', faults: error.faults, count: error.faultCount };
  return { kind: 'failed', error };
}

export type RunningUpload = { outcome: Promise<UploadOutcome>; cancel(): void };

/**
 * Uploads a file unchanged. `onSent` gets the number of bytes that the service has taken; it reads no faster than it
 * validates and stores. Uses XMLHttpRequest because fetch does not report upload progress.
 */
export function startUpload(job: UploadJob, onSent: (sentBytes: number) => void): RunningUpload {
  const request = new XMLHttpRequest();
  const token = authorization();
  const outcome = new Promise<UploadOutcome>((resolve) => {
    const fail = (code: string) => resolve({ kind: 'failed', error: new ApiError(0, { code }) });
    request.upload.addEventListener('progress', ({ loaded }) => onSent(loaded));
    request.upload.addEventListener('load', () => onSent(job.file.size));
    request.addEventListener('load', () => {
      if (request.status === 401) refuseSession(token);
      try {
        resolve(readOutcome(request));
      } catch {
        // The answer is not from the service but from a proxy.
        resolve({ kind: 'failed', error: toApiError(request.status, '') });
      }
    });
    request.addEventListener('error', () => fail('NETWORK'));
    request.addEventListener('abort', () => fail('CANCELLED'));
  });
  request.open('POST', job.isDryRun ? '/imports?dry_run=true' : '/imports');
  request.setRequestHeader('Content-Type', CONTENT_TYPES[job.format]);
  for (const [name, value] of Object.entries(token)) request.setRequestHeader(name, value);
  request.setRequestHeader('Accept', 'application/x-ndjson');
  request.setRequestHeader('Idempotency-Key', job.idempotencyKey);
  if (readFileName(job.file.name).isGzip) request.setRequestHeader('Content-Encoding', 'gzip');
  request.send(job.file);
  return { outcome, cancel: () => request.abort() };
}
