import type { Setting, SettingsTable } from './kinds.js';
import { fileNameOf } from './kinds.js';

const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** 67108864 -> `64 MiB`: in the largest unit in which it is a whole number. */
function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && value % 1024 === 0 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${numberText(value)} ${BYTE_UNITS[unit]}`;
}

function numberText(value: number): string {
  return value.toLocaleString('en-US');
}

function code(text: string): string {
  return `\`${text}\``;
}

function valuesText(setting: Setting): string {
  switch (setting.kind) {
    case 'wholeNumber':
      return [
        `${setting.isOdd ? 'odd, ' : ''}${numberText(setting.min)} to ${numberText(setting.max)}`,
        ...Object.keys(setting.words ?? {}).map(code),
      ].join(', ');
    case 'decimal':
      return `0 to ${numberText(setting.max)}, ${setting.decimals} decimals at most`;
    case 'seconds':
      return `seconds, ${numberText(setting.min)} to ${numberText(setting.max)}`;
    case 'bytes':
      return `bytes, ${bytesText(setting.min)} to ${bytesText(setting.max)}`;
    case 'oneOf':
      return setting.values.map(code).join(', ');
    case 'someOf':
      return `some of ${setting.values.map(code).join(', ')}, separated by commas`;
    case 'hosts':
      return 'host names, separated by commas';
    case 'list':
      return 'names, separated by commas';
    case 'address':
      return "`host:port` or a socket's path";
    case 'addresses':
      return "`host:port` or a socket's path; several are separated by commas";
    case 'folder':
      return 'a folder';
    case 'program':
      return 'a program';
    case 'elsewhere':
      return setting.valuesText;
    case 'secret':
    case 'text':
      return 'text';
  }
}

function defaultText(setting: Setting): string {
  if (setting.defaultText !== undefined) return setting.defaultText;
  if (setting.kind === 'someOf') return 'all';
  const value = 'default' in setting ? setting.default : undefined;
  if (value === undefined) return 'none';
  if (typeof value === 'string') return code(value);
  if (setting.kind === 'bytes') return bytesText(value);
  return value >= 10_000 ? numberText(value) : code(String(value));
}

function namesText(setting: Setting): string {
  return setting.kind === 'secret' ? `${code(setting.name)}, ${code(fileNameOf(setting.name))}` : code(setting.name);
}

/** The table of docs/operations.md. */
export function settingsMarkdown(table: SettingsTable): string {
  const rows = Object.values(table).map((setting) =>
    [namesText(setting), valuesText(setting), defaultText(setting), setting.help].join(' | '),
  );
  return ['| variable | values | default | meaning |', '| --- | --- | --- | --- |', ...rows.map((row) => `| ${row} |`)]
    .map((line) => `${line}\n`)
    .join('');
}

/** Puts the tables between their markers: `<!-- settings: NAME -->` and `<!-- end -->`. */
export function withSettingsTables(document: string, tables: Readonly<Record<string, SettingsTable>>): string {
  return document.replaceAll(
    /^(<!-- settings: (\w+) -->\n)[\s\S]*?^(<!-- end -->)$/gm,
    (_, begin: string, name: string, end: string) => `${begin}${settingsMarkdown(tables[name] ?? {})}${end}`,
  );
}
