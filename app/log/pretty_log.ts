import { isColorSupported, prettyFactory } from 'pino-pretty';

/** Members of a log line that become part of its message. */
const IN_MESSAGE = ['method', 'path', 'status', 'durationMs', 'requestId', 'name', 'pid'] as const;
const PINO_WARN = 40;

type LogLine = Readonly<Record<string, unknown>>;

/** `GET /imports/1 200 in 3.1 ms`; the message comes first unless it is `request`, and the request's id last in warnings and errors. */
function message(line: LogLine, messageKey: string): string {
  const { msg = line[messageKey], method, path, status, durationMs, requestId, name, pid, level } = line;
  const isRequest = method !== undefined && status !== undefined;
  return [
    isRequest && msg === 'request' ? undefined : msg,
    name,
    pid === undefined ? undefined : `(process ${pid})`,
    method,
    path,
    status,
    durationMs === undefined ? undefined : `in ${durationMs} ms`,
    requestId === undefined || Number(level) < PINO_WARN ? undefined : `(request ${requestId})`,
  ]
    .filter((part) => part !== undefined)
    .join(' ');
}

const pretty = prettyFactory({
  colorize: isColorSupported,
  translateTime: 'SYS:HH:MM:ss',
  singleLine: true,
  ignore: IN_MESSAGE.join(','),
  messageFormat: message,
});

const CONTROL_ESCAPE = /\\(?:(u00[01][0-9a-f]|[bfr])|.)/gs;
/** DEL, C1, line separators, and marks that hide or turn text: JSON holds them as they are. */
const HIDDEN = /[\x7f-\x9f\u2028\u2029]|\p{Cf}/gu;

/**
 * Control characters stay escapes, since a path or an error message could otherwise steer the terminal. Line breaks and
 * tabs are kept: stacks have them.
 */
function withEscapes(json: string): string {
  return json
    .replace(CONTROL_ESCAPE, (text, code?: string) => (code === undefined ? text : `\\\\${code}`))
    .replace(HIDDEN, (text) => `\\\\u{${text.codePointAt(0)?.toString(16)}}`);
}

/** A line of pino's JSON -> a line for people, with an end of line; the stack of an error follows on lines of its own. */
export function prettyLine(json: string): string {
  return pretty(withEscapes(json));
}
