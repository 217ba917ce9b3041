import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type HostName, parseHostName } from '../host_names.js';

export type TarantoolAddress = { path: string } | { host: string; port: number };

type Described = {
  /** Of the environment variable. */
  readonly name: string;
  /** For operators, in Markdown: a row of the table in docs/operations.md. */
  readonly help: string;
  /** The default in words, where the value itself says too little. */
  readonly defaultText?: string;
  /** The embedded Tarantool is given the value, under the same name. */
  readonly isForTarantool?: true;
};

type WholeNumber = Described & {
  readonly kind: 'wholeNumber' | 'bytes' | 'seconds';
  readonly default?: number;
  readonly min: number;
  readonly max: number;
  /** Even numbers are refused. */
  readonly isOdd?: true;
  /** Words that stand for numbers. */
  readonly words?: Readonly<Record<string, number>>;
};
/** Not negative, with at most `decimals` digits after the point. */
type Decimal = Described & {
  readonly kind: 'decimal';
  readonly default: number;
  readonly max: number;
  readonly decimals: number;
};
type Text = Described & { readonly kind: 'text'; readonly default?: string };
/** `folder`: made absolute. `program`: a path is made absolute, a bare name is looked for in PATH. */
type Place = Described & { readonly kind: 'folder' | 'program'; readonly default: string };
type OneOf = Described & { readonly kind: 'oneOf'; readonly default: string; readonly values: readonly string[] };
/** Names separated by commas, at least one; all of them by default. In the order of `values`. */
type SomeOf = Described & { readonly kind: 'someOf'; readonly values: readonly string[] };
type Hosts = Described & { readonly kind: 'hosts' };
/** Any names, separated by commas. */
type List = Described & { readonly kind: 'list' };
type Address = Described & { readonly kind: 'address' };
/** Separated by commas; none by default. */
type Addresses = Described & { readonly kind: 'addresses' };
/** Also read from the file that NAME_FILE names. */
type Secret = Described & { readonly kind: 'secret' };
/** Read by another program: Tarantool, a script, the command line. */
type Elsewhere = Described & { readonly kind: 'elsewhere'; readonly valuesText: string };

export type Setting =
  | WholeNumber
  | Decimal
  | Text
  | Place
  | OneOf
  | SomeOf
  | Hosts
  | List
  | Address
  | Addresses
  | Secret
  | Elsewhere;

/** By the name that the value has in the program. */
export type SettingsTable = Readonly<Record<string, Setting>>;

type OrUndefined<Declared, Value> = Declared extends { readonly default: unknown } ? Value : Value | undefined;

type ValueOf<Declared extends Setting> = Declared extends WholeNumber
  ? OrUndefined<Declared, number>
  : Declared extends Decimal
    ? number
    : Declared extends Text
      ? OrUndefined<Declared, string>
      : Declared extends Place
        ? string
        : Declared extends OneOf
          ? Declared['values'][number]
          : Declared extends SomeOf
            ? readonly Declared['values'][number][]
            : Declared extends List
              ? readonly string[]
              : Declared extends Hosts
                ? readonly HostName[]
                : Declared extends Address
                  ? TarantoolAddress | undefined
                  : Declared extends Addresses
                    ? readonly TarantoolAddress[]
                    : string | undefined;

/** What is read of a table. */
export type SettingsOf<Table extends SettingsTable> = {
  readonly [Key in keyof Table as Table[Key]['kind'] extends 'elsewhere' ? never : Key]: ValueOf<Table[Key]>;
};

export type Environment = Readonly<Record<string, string | undefined>>;
type Complain = (complaint: string) => void;

/** The text of a variable; undefined when it is empty, as compose files write what is not set. */
export function textOf(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

function readWholeNumber(setting: WholeNumber, given: string, complain: Complain) {
  const { name, kind, min, max, isOdd, words = {} } = setting;
  if (Object.hasOwn(words, given)) return words[given];
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (value >= min && value <= max && !(isOdd && value % 2 === 0)) return value;
  const unit = kind === 'wholeNumber' ? '' : ` of ${kind}`;
  const orWords = Object.keys(words)
    .map((word) => ` or ${word}`)
    .join('');
  complain(
    `${name} must be ${isOdd ? 'an odd' : 'a whole'} number${unit} from ${min} to ${max}${orWords}, not "${given}"`,
  );
  return setting.default;
}

function readDecimal({ name, max, decimals, default: fallback }: Decimal, given: string, complain: Complain): number {
  const [, fraction = ''] = /^\d+(?:\.(\d+))?$/.exec(given) ?? [given, given.padEnd(decimals + 1)];
  const value = Number(given);
  if (fraction.length <= decimals && value <= max) return value;
  complain(`${name} must be a number from 0 to ${max} with at most ${decimals} decimals, not "${given}"`);
  return fallback;
}

function readOneOf({ name, values, default: fallback }: OneOf, given: string, complain: Complain): string {
  if (values.includes(given)) return given;
  complain(`${name} must be one of ${values.join(', ')}, not "${given}"`);
  return fallback;
}

function partsOf(given: string): string[] {
  return given
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function readSomeOf({ name, values }: SomeOf, given: string, complain: Complain): readonly string[] {
  const named = partsOf(given);
  if (named.length > 0 && named.every((each) => values.includes(each)))
    return values.filter((each) => named.includes(each));
  complain(`${name} must be some of ${values.join(', ')}, separated by commas, not "${given}"`);
  return values;
}

function readHosts({ name }: Hosts, given: string, complain: Complain): HostName[] {
  return partsOf(given).flatMap((each) => {
    const host = parseHostName(each);
    if (host === undefined) complain(`${name} must be host names, with or without a port, not "${each}"`);
    return host ?? [];
  });
}

/** `host:port`, `tcp://host:port`, or a path (`/run/t.sock`, `unix:/run/t.sock`, `unix/:/run/t.sock`). */
function parseAddress(uri: string): TarantoolAddress | undefined {
  const path = uri.replace(/^unix\/?:(\/\/(?=\/))?/, '');
  if (path.startsWith('/') || path.startsWith('./')) return { path: resolve(path) };
  const match = /^(?:tcp:\/\/)?(?:\[([0-9a-fA-F:]+)\]|([\w.-]+)):(\d{1,5})$/.exec(uri);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

function readAddress(name: string, given: string, complain: Complain): TarantoolAddress | undefined {
  const parsed = parseAddress(given);
  // The value is not repeated: somebody may have put a password into it.
  if (parsed === undefined) complain(`${name} must be host:port or the path of a Unix socket`);
  return parsed;
}

function readAddresses(name: string, given: string, complain: Complain): readonly TarantoolAddress[] {
  const parts = partsOf(given);
  return (parts.length === 0 ? [given] : parts).flatMap((each) => readAddress(name, each, complain) ?? []);
}

/** The name of the variable that names the file of a secret. */
export function fileNameOf(secretName: string): string {
  return `${secretName}_FILE`;
}

function readSecret({ name }: Secret, env: Environment, complain: Complain): string | undefined {
  const given = textOf(env, name);
  const file = textOf(env, fileNameOf(name));
  if (given !== undefined || file === undefined) return given;
  try {
    return readFileSync(file, 'utf8').trimEnd() || undefined;
  } catch (cause) {
    complain(`${fileNameOf(name)} cannot be read: ${(cause as NodeJS.ErrnoException).code}`);
    return undefined;
  }
}

function defaultOf(setting: Exclude<Setting, Secret | Elsewhere>): unknown {
  switch (setting.kind) {
    case 'someOf':
      return setting.values;
    case 'hosts':
    case 'list':
    case 'addresses':
      return [];
    case 'folder':
      return resolve(setting.default);
    case 'address':
      return undefined;
    default:
      return setting.default;
  }
}

/** The value of a setting; complains when it is not one, and then answers any. */
export function readSetting(setting: Exclude<Setting, Elsewhere>, env: Environment, complain: Complain): unknown {
  if (setting.kind === 'secret') return readSecret(setting, env, complain);
  const given = textOf(env, setting.name);
  if (given === undefined) return defaultOf(setting);
  switch (setting.kind) {
    case 'wholeNumber':
    case 'bytes':
    case 'seconds':
      return readWholeNumber(setting, given, complain);
    case 'decimal':
      return readDecimal(setting, given, complain);
    case 'oneOf':
      return readOneOf(setting, given, complain);
    case 'someOf':
      return readSomeOf(setting, given, complain);
    case 'hosts':
      return readHosts(setting, given, complain);
    case 'address':
      return readAddress(setting.name, given, complain);
    case 'addresses':
      return readAddresses(setting.name, given, complain);
    case 'list':
      return partsOf(given);
    case 'folder':
      return resolve(given);
    case 'program':
      return given.includes('/') ? resolve(given) : given;
    case 'text':
      return given;
  }
}
