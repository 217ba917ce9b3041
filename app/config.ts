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

/** Variables the child inherits, for programs, images and Docker engines (scripts/tarantool-in-docker); no secrets. */
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

/** All faults of the settings, one per line, in readable form. */
export class ConfigError extends Error {
  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.name = 'ConfigError';
  }
}

export type ReadSettings<Table extends SettingsTable> = {
  readonly values: SettingsOf<Table>;
  /** The part of our environment that the Tarantool child inherits. */
  readonly childEnvironment: Readonly<Record<string, string>>;
  /** Settings that are passed to the Tarantool child. */
  readonly tarantoolSettings: Readonly<Record<string, string>>;
  /** Unknown variables that begin with SVODKA_, probably misspelled. */
  readonly unknownNames: readonly string[];
};

/** Checks settings against each other; returns a sentence for each fault. `isSet`: by the name of the variable. */
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
 * Reads a table's settings from the environment. Nothing else in the service reads process.env.
 * @throws ConfigError listing every fault
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

/** The variables with these names from our environment. */
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

/** Returns the values of one table. */
export type SettingsReader = <Table extends SettingsTable>(table: Table) => SettingsOf<Table>;

/** @throws Error for a table whose settings were not read, which is a bug */
export function createSettingsReader(values: Readonly<Record<string, unknown>>): SettingsReader {
  return (table) => {
    const keys = Object.keys(table).filter((key) => table[key]?.kind !== 'elsewhere');
    for (const key of keys) if (!(key in values)) throw new Error(`the setting ${key} was not read`);
    return Object.fromEntries(keys.map((key) => [key, values[key]])) as never;
  };
}
