import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Argument, type Command } from 'commander';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { parseUrl } from '../service_url.js';
import { CONFIG_KEYS, type Config, type ConfigKey } from './config.js';
import { addCommand, type Run } from './options.js';
import type { GlobalOptions, Spa } from './spa.js';

/** The end of a token is enough to tell two of them apart. */
const SHOWN_TOKEN_CHARACTERS = 4;

function shown({ token, ...config }: Config): Config {
  return { ...config, ...(token !== undefined && { token: `...${token.slice(-SHOWN_TOKEN_CHARACTERS)}` }) };
}

async function readValue(value: string, stdin: Readable): Promise<string> {
  return value === '-' ? (await text(stdin)).trim() : value;
}

function requireUrl(url: string): void {
  try {
    parseUrl(url);
  } catch (reason) {
    throw new CommandError(EXIT.usage, `${url} is no address. ${(reason as Error).message}`);
  }
}

async function configure(spa: Spa, key: ConfigKey | undefined, given: string | undefined): Promise<ExitCode> {
  const { config, streams } = spa;
  if (key !== undefined && given !== undefined) {
    const value = await readValue(given, streams.stdin);
    if (value === '') throw new CommandError(EXIT.usage, `The ${key} is empty.`);
    if (key === 'url') requireUrl(value);
    config.keep({ [key]: value });
  }
  const kept = shown(config.read());
  if (spa.asJson) spa.writeJson(kept);
  else {
    const lines = CONFIG_KEYS.filter((each) => key === undefined || each === key).map(
      (each) => `${each}: ${kept[each] ?? '(none)'}`,
    );
    spa.say([...(key === undefined ? [config.path] : []), ...lines].join('\n'));
  }
  return EXIT.success;
}

/** Adds `spa_ctl config`. */
export function addConfigCommand(program: Command, run: Run): void {
  addCommand(program, {
    name: 'config',
    description: 'Show what the config file keeps, or keep a value: the url, the token, the selected project.',
    examples: ['spa_ctl config url http://10.0.0.5:8080', 'svodka user token NAME | spa_ctl config token -'],
  })
    .addArgument(new Argument('[key]', 'what to keep').choices(CONFIG_KEYS))
    .argument('[value]', 'its value; - is stdin')
    .action((key: ConfigKey | undefined, value: string | undefined, _, command: Command) =>
      run(command.optsWithGlobals<GlobalOptions>(), (spa) => configure(spa, key, value)),
    );
}
