import type { Context } from 'koa';
import { ServiceError } from '../../../errors.js';
import { type PathFault, parseFilePath } from '../model/file_path.js';

export function invalidPath(pointer: string, fault: PathFault): ServiceError {
  return new ServiceError('INVALID_INPUT', '1 rule is broken. Nothing was changed.', {
    violations: [{ pointer, ...fault }],
  });
}

/** The path that the URL names, percent-decoded; `%2F` is a slash like any other. @throws ServiceError INVALID_INPUT */
export function filePathOf(ctx: Context & { params: Record<string, string> }): string[] {
  let text: string;
  try {
    text = decodeURIComponent(ctx.params['path'] as string);
  } catch {
    throw invalidPath('/path', { code: 'NOT_ALLOWED', detail: 'must be percent-encoded UTF-8' });
  }
  const parsed = parseFilePath(text);
  if (!Array.isArray(parsed)) throw invalidPath('/path', parsed);
  return parsed;
}
