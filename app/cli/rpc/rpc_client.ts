import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { type Connection, createConnection, LostError, readJson, shownUrl } from '../connection.js';
import { clipped } from '../terminal/plain_text.js';
import { type RpcError, RpcRefusal } from './refusal.js';

/** A page of a log may have 1 MiB, six times that as JSON. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_NAME_CHARACTERS = 80;
/** The codes of JSON-RPC for a database that is away and for a fault of the service. */
const UNAVAILABLE_CODES: readonly unknown[] = [-32003, -32603];
const METHOD_NOT_FOUND = -32601;

export type RpcClient = {
  /**
   * The result of a method. @throws RpcRefusal when the service refuses; CommandError when nobody answers, when the
   * service fails, or when the command is interrupted
   */
  call<Result>(method: string, params?: unknown): Promise<Result>;
  connection: Connection;
  url: URL;
  signal: AbortSignal;
};

type Service = {
  url: URL;
  token: string | undefined;
  signal: AbortSignal;
  /** The wing of the service that all methods belong to which are called; missing where they may be any. */
  wing?: string;
};

/** What the loss of a connection means to the user; `missing` is what has not happened yet. @throws other reasons */
export function lossOf(
  reason: unknown,
  missing: string,
  { url, signal }: Pick<Service, 'url' | 'signal'>,
): CommandError {
  if (signal.aborted) return new CommandError(signal.reason as ExitCode, 'Stopped.');
  if (!(reason instanceof LostError)) throw reason;
  if (reason.wasConnected) {
    const text = `The connection to ${shownUrl(url)} was lost (${reason.reason}) before ${missing}.`;
    return new CommandError(EXIT.unavailable, text);
  }
  return new CommandError(
    EXIT.unavailable,
    `Nobody answers at ${shownUrl(url)} (${reason.reason}).\nIs Svodka running? --url or SVODKA_URL name another address.`,
  );
}

const HINTS: Readonly<Record<string, string | undefined>> = {
  // Of a path that this program knows: what is not there otherwise has codes of its own.
  NOT_FOUND: ' The wing of the service that has it may be off (SVODKA_WINGS).',
};

/** The refusal that an answer of HTTP with another status than 200 stands for. */
export function refusalOf(status: number, content: unknown, url: URL): CommandError {
  const { code, detail, errors, errorCount } = (content ?? {}) as RpcError['data'] & {};
  if (typeof code !== 'string' || typeof detail !== 'string') {
    return new CommandError(
      EXIT.unavailable,
      `What answers at ${shownUrl(url)} does not seem to be Svodka: status ${status}.`,
    );
  }
  if (status >= 500 && status !== 507) {
    return new CommandError(EXIT.unavailable, `The service cannot answer now: ${detail} (${code})`);
  }
  const hint = HINTS[code] ?? (status === 401 ? ' Give a token with --token or SVODKA_TOKEN.' : '');
  return new RpcRefusal({
    message: detail,
    data: {
      code,
      detail: `${detail}${hint}`,
      ...(errors !== undefined && { errors }),
      ...(errorCount !== undefined && { errorCount }),
    },
  });
}

/** Why the service does not have a method that this program knows. */
function missingMethod(method: string, wing: string): RpcError {
  const message = `The service has no ${method}: its wing "${wing}" is off (SVODKA_WINGS), or it is older than this program.`;
  return { code: METHOD_NOT_FOUND, message };
}

/** The text of a param, by the pointer to it. */
function textIn(params: unknown, pointer: string): string | undefined {
  const value = (params as Record<string, unknown> | undefined)?.[pointer.slice(1)];
  return typeof value === 'string' && value !== '' ? clipped(value, MAX_NAME_CHARACTERS) : undefined;
}

export function createRpcClient(service: Service): RpcClient {
  const { url, token, signal } = service;
  const connection = createConnection(url, signal, token);

  async function post(method: string, body: string): Promise<{ status: number; content: unknown }> {
    try {
      const message = await connection.send({
        method: 'POST',
        path: '/rpc',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body,
      });
      try {
        return { status: message.statusCode ?? 0, content: await readJson(message, MAX_ANSWER_BYTES) };
      } catch (reason) {
        throw new LostError(reason, true);
      }
    } catch (reason) {
      throw lossOf(reason, `${method} was answered`, service);
    }
  }

  return {
    connection,
    url,
    signal,

    async call<Result>(method: string, params?: unknown) {
      const { status, content } = await post(method, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
      const { result, error } = (content ?? {}) as { result?: Result; error?: RpcError };
      if (status !== 200 || (error === undefined && result === undefined)) throw refusalOf(status, content, url);
      if (error === undefined) return result as Result;
      if (error.code === METHOD_NOT_FOUND && service.wing !== undefined) {
        throw new RpcRefusal(missingMethod(method, service.wing));
      }
      if (!UNAVAILABLE_CODES.includes(error.code)) throw new RpcRefusal(error, (pointer) => textIn(params, pointer));
      const text = error.data?.detail ?? error.message;
      throw new CommandError(EXIT.unavailable, `The service cannot answer now: ${text} (${error.data?.code ?? ''})`);
    },
  };
}
