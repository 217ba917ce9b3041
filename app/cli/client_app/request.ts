import { CommandError, EXIT } from '../command_error.js';

/** An answer of the service, read to its end. */
export type Answer = { status: number; isGood: boolean; type: string; bytes: Buffer };

export type ClientRequest = {
  method: string;
  url: URL;
  token?: string | undefined;
  /** ClientRequest as a form, without the undefined fields; no body when there is none left. */
  form?: Readonly<Record<string, string | undefined>>;
};

function headersOf({ token }: ClientRequest): Headers {
  const headers = new Headers({ Accept: 'application/json, */*;q=0.1' });
  if (token !== undefined) headers.set('Authorization', `Token ${token}`);
  return headers;
}

function bodyOf({ method, form = {} }: ClientRequest): URLSearchParams | undefined {
  const given = Object.entries(form).filter((field): field is [string, string] => field[1] !== undefined);
  const mayHaveBody = !['GET', 'HEAD'].includes(method);
  return mayHaveBody && given.length > 0 ? new URLSearchParams(given) : undefined;
}

/** Sends a request; the caller reads the body of the answer. @throws CommandError when the service does not answer */
export async function open(request: ClientRequest, signal?: AbortSignal): Promise<Response> {
  try {
    const body = bodyOf(request);
    return await fetch(request.url, {
      method: request.method,
      headers: headersOf(request),
      redirect: 'error',
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
  } catch (reason) {
    if (signal?.aborted) throw reason;
    const { cause } = reason as { cause?: NodeJS.ErrnoException };
    const why = cause?.code ?? cause?.message ?? (reason as Error).message;
    throw new CommandError(EXIT.unavailable, `${request.url.origin} does not answer (${why}).`);
  }
}

/** Sends a request and reads the whole answer. @throws CommandError when there is no answer, or not a complete one */
export async function send(request: ClientRequest): Promise<Answer> {
  const response = await open(request);
  try {
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, isGood: response.ok, type: response.headers.get('Content-Type') ?? '', bytes };
  } catch {
    throw new CommandError(EXIT.unavailable, `${request.url.origin} did not send its whole answer.`);
  }
}

/** The parsed JSON of an answer; `undefined` when it is not JSON. */
export function jsonOf({ bytes }: Answer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** An answer as shown to the user: JSON indented by four spaces, anything else as received. */
export function answerText(answer: Answer): string {
  const content = jsonOf(answer);
  return content === undefined ? answer.bytes.toString('utf8') : JSON.stringify(content, null, 4);
}
