import { CommandError, EXIT } from '../command_error.js';

/** What the service answered. */
export type Answer = { status: number; isGood: boolean; type: string; bytes: Buffer };

export type Sent = {
  method: string;
  url: URL;
  token?: string | undefined;
  /** Sent as a form, only what was given; without any there is no body. */
  form?: Readonly<Record<string, string | undefined>>;
};

function headersOf({ token }: Sent): Headers {
  const headers = new Headers({ Accept: 'application/json, */*;q=0.1' });
  if (token !== undefined) headers.set('Authorization', `Token ${token}`);
  return headers;
}

function bodyOf({ method, form = {} }: Sent): URLSearchParams | undefined {
  const given = Object.entries(form).filter((field): field is [string, string] => field[1] !== undefined);
  const mayHaveBody = !['GET', 'HEAD'].includes(method);
  return mayHaveBody && given.length > 0 ? new URLSearchParams(given) : undefined;
}

/** Opens a request; the body of the answer is still to be read. @throws CommandError when nobody answers */
export async function open(sent: Sent, signal?: AbortSignal): Promise<Response> {
  try {
    const body = bodyOf(sent);
    return await fetch(sent.url, {
      method: sent.method,
      headers: headersOf(sent),
      redirect: 'error',
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
  } catch (reason) {
    if (signal?.aborted) throw reason;
    const { cause } = reason as { cause?: NodeJS.ErrnoException };
    const why = cause?.code ?? cause?.message ?? (reason as Error).message;
    throw new CommandError(EXIT.away, `${sent.url.origin} does not answer (${why}).`);
  }
}

/** Sends a request and reads the whole answer. @throws CommandError when nobody answers, or not to the end */
export async function send(sent: Sent): Promise<Answer> {
  const response = await open(sent);
  try {
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, isGood: response.ok, type: response.headers.get('Content-Type') ?? '', bytes };
  } catch {
    throw new CommandError(EXIT.away, `${sent.url.origin} did not send its whole answer.`);
  }
}

/** The JSON of an answer; undefined when it is none. */
export function jsonOf({ bytes }: Answer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** An answer for people: JSON indented by four, anything else as it came. */
export function answerText(answer: Answer): string {
  const content = jsonOf(answer);
  return content === undefined ? answer.bytes.toString('utf8') : JSON.stringify(content, null, 4);
}
