import type { Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { CommandError, EXIT } from '../command_error.js';
import { findToken } from '../find_token.js';
import { createRpcClient, type RpcClient } from '../rpc/rpc_client.js';
import { DEFAULT_URL, parseUrl } from '../service_url.js';
import { writeJson } from '../terminal/json_output.js';
import { harmless } from '../terminal/plain_text.js';
import type { ConfigStore } from './config.js';

export type Output = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>;

type Streams = { stdin: Readable; stdout: Output; stderr: Output };

/** The options that all commands have. */
export type GlobalOptions = { url?: string; token?: string; json?: true };

type SpaParts = {
  streams: Streams;
  config: ConfigStore;
  /** Values of SVODKA_URL, SVODKA_TOKEN and SVODKA_DATA_DIR. */
  environment: { url: string | undefined; token: string | undefined; dataDir: string | undefined };
  signal: AbortSignal;
};

/** What a command works with. */
export type Spa = {
  client: RpcClient;
  config: ConfigStore;
  streams: Streams;
  signal: AbortSignal;
  asJson: boolean;
  /** The project given, or the selected one; `undefined` when there is neither. */
  findProject(given: string | undefined): string | undefined;
  /** As findProject. @throws CommandError when there is none */
  requireProject(given: string | undefined): string;
  /** Remembers the project for the next commands; says so on stderr if that fails. */
  select(project: string): void;
  /** Writes lines for people to stdout. */
  say(text: string): void;
  /** Writes lines for people to stderr. */
  note(text: string): void;
  /** Writes a line of JSON to stdout. */
  writeJson(value: unknown): void;
};

function harmlessLines(text: string): string {
  return `${text.split('\n').map(harmless).join('\n')}\n`;
}

function requireUrl(text: string, origin: string): URL {
  try {
    return parseUrl(text);
  } catch {
    throw new CommandError(EXIT.usage, `${origin} must be an address like ${DEFAULT_URL}, not "${text}".`);
  }
}

/** The address by the options, else the environment, else the config file, else this machine. @throws CommandError */
function findUrl({ url }: GlobalOptions, { environment, config }: SpaParts): URL {
  if (url !== undefined) return requireUrl(url, '--url');
  if (environment.url) return requireUrl(environment.url, 'SVODKA_URL');
  const kept = config.read().url;
  return kept === undefined ? new URL(DEFAULT_URL) : requireUrl(kept, `"url" in ${config.path}`);
}

/** @throws CommandError when the options, the environment or the config file cannot be used */
export async function createSpa(options: GlobalOptions, parts: SpaParts): Promise<Spa> {
  const { config, streams, signal, environment } = parts;
  const { stdout, stderr } = streams;
  const url = findUrl(options, parts);
  const given = options.token ?? (environment.token || config.read().token);
  const token = await findToken(url, { given, dataDir: environment.dataDir }, signal);
  const note = (text: string) => void stderr.write(harmlessLines(text));
  const findProject = (project: string | undefined) => project ?? config.read().project;

  return {
    client: createRpcClient({ url, token, signal, wing: 'work' }),
    config,
    streams,
    signal,
    asJson: options.json === true,
    findProject,

    requireProject(project) {
      const found = findProject(project);
      if (found !== undefined) return found;
      throw new CommandError(
        EXIT.usage,
        'Which project? Give one with -p, or select one for all commands: spa_ctl select_project NAME',
      );
    },

    select(project) {
      try {
        if (config.read().project !== project) config.keep({ project });
      } catch (reason) {
        if (!(reason instanceof CommandError)) throw reason;
        note(`The project ${project} is not remembered. ${reason.message}`);
      }
    },

    say: (text) => void stdout.write(harmlessLines(text)),
    note,
    writeJson: (value) => writeJson(stdout, value, true),
  };
}
