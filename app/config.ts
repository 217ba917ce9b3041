import {
  type Environment,
  fileNameOf,
  readSetting,
  type Setting,
  type SettingsOf,
  type SettingsTable,
  textOf,
} from './settings/kinds.js';

export type { Setting, SettingsOf, SettingsTable, TarantoolAddress } from './settings/kinds.js';

/** What the child inherits: enough to find programs, an image and a Docker engine (scripts/tarantool-in-docker), no secrets. */
const INHERITED_NAMES = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'XDG_RUNTIME_DIR',
  'SVODKA_TARANTOOL_IMAGE',
  'DOCKER_CONFIG',
  'DOCKER_CONTEXT',
  'DOCKER_HOST',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
];

/** All that is wrong with the settings, a line each, for people to read. */
export class ConfigError extends Error {
  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.name = 'ConfigError';
  }
}

export type ReadSettings<Table extends SettingsTable> = {
  readonly values: SettingsOf<Table>;
  /** What the Tarantool child may see of our environment. */
  readonly childEnvironment: Readonly<Record<string, string>>;
  /** What the Tarantool child is told of the settings. */
  readonly tarantoolSettings: Readonly<Record<string, string>>;
  /** SVODKA_ variables that mean nothing here: likely a slip of the pen. */
  readonly unknownNames: readonly string[];
};

/** What is wrong with settings together, a sentence each. `isSet`: by the name of the variable. */
export type CheckSettings<Table extends SettingsTable> = (
  values: SettingsOf<Table>,
  isSet: (name: string) => boolean,
) => readonly string[];

function namesOf(setting: Setting): string[] {
  return setting.kind === 'secret' ? [setting.name, fileNameOf(setting.name)] : [setting.name];
}

function toText(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

/**
 * Environment -> the values of a table's settings. The only reader of process.env in the service.
 * @throws ConfigError with every complaint at once
 */
export function readSettings<Table extends SettingsTable>(
  table: Table,
  check: CheckSettings<Table> = () => [],
  env: Environment = process.env,
): ReadSettings<Table> {
  const complaints: string[] = [];
  const read: Record<string, unknown> = {};
  const tarantoolSettings: Record<string, string> = {};
  for (const [key, setting] of Object.entries(table)) {
    const value =
      setting.kind === 'elsewhere'
        ? textOf(env, setting.name)
        : readSetting(setting, env, (complaint) => complaints.push(complaint));
    if (setting.kind !== 'elsewhere') read[key] = value;
    if (setting.isForTarantool && value !== undefined) tarantoolSettings[setting.name] = toText(value);
  }
  const values = Object.freeze(read) as SettingsOf<Table>;
  complaints.push(...check(values, (name) => textOf(env, name) !== undefined));
  if (complaints.length > 0) throw new ConfigError(complaints);
  const known = Object.values(table).flatMap(namesOf);
  return {
    values,
    childEnvironment: pickEnvironment(INHERITED_NAMES, env),
    tarantoolSettings,
    unknownNames: Object.keys(env).filter((name) => name.startsWith('SVODKA_') && !known.includes(name)),
  };
}

/** The variables of our environment that have these names. */
export function pickEnvironment(
  names: readonly string[],
  env: Environment = process.env,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Gives each room the values of its own table. */
export type SettingsReader = <Table extends SettingsTable>(table: Table) => SettingsOf<Table>;

/** @throws Error for a table that is not among those that were read: a fault of the program */
export function createSettingsReader(values: Readonly<Record<string, unknown>>): SettingsReader {
  return (table) => {
    const keys = Object.keys(table).filter((key) => table[key]?.kind !== 'elsewhere');
    for (const key of keys) if (!(key in values)) throw new Error(`the setting ${key} was not read`);
    return Object.fromEntries(keys.map((key) => [key, values[key]])) as never;
  };
}
