import { CommandError, EXIT } from '../command_error.js';

export type Fault = { pointer: string; code?: string; detail: string };

/** The `error` of a JSON-RPC response, or what stands for it in a problem. */
export type RpcError = {
  code?: number;
  message: string;
  data?: { code?: string; detail?: string; errors?: Fault[]; errorCount?: number };
};

/** Names what a pointer into the params is about, such as `wf1/t12`; `undefined` when it needs no name. */
type NameOf = (pointer: string) => string | undefined;

/**
 * What was refused and why, a line for each fault: its pointer, the name of what it is about, and what is wrong.
 * The service sends at most 100 faults.
 */
function refusalText({ message, data = {} }: RpcError, nameOf: NameOf = () => undefined): string {
  const { code, detail = message, errors = [], errorCount = errors.length } = data;
  const lines = errors.map(({ pointer, detail: text }) => {
    const name = nameOf(pointer);
    return `  ${pointer === '' ? '(the whole)' : pointer}${name === undefined ? '' : ` (${name})`} ${text}`;
  });
  if (errorCount > errors.length) lines.push(`  ... and ${errorCount - errors.length} more`);
  return [`Refused: ${detail}${code === undefined ? '' : ` (${code})`}`, ...lines].join('\n');
}

/** The service refused a call. */
export class RpcRefusal extends CommandError {
  readonly error: RpcError;

  constructor(error: RpcError, nameOf?: NameOf) {
    super(EXIT.refused, refusalText(error, nameOf));
    this.error = error;
  }
}
