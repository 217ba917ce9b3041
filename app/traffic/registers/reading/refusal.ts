import type { ErrorCode } from '../../../errors.js';

/** A file that cannot be read as a table. Thrown in the thread; the reader makes a ServiceError of it. */
export class FileRefusal extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string) {
    super(detail);
    this.name = 'FileRefusal';
    this.code = code;
  }
}
