import { readFileSync } from 'node:fs';
import { CommandError, EXIT } from '../command_error.js';
import { writePrivateFile } from '../private_file.js';

export const CONFIG_KEYS = ['url', 'token', 'project'] as const;
export type ConfigKey = (typeof CONFIG_KEYS)[number];

/** What the user does not want to give each time. */
export type Config = Partial<Record<ConfigKey, string>>;

export type ConfigStore = {
  path: string;
  /** Empty when there is no file. @throws CommandError when it cannot be used */
  read(): Config;
  /** Changes the members given and keeps the others. @throws CommandError when the file cannot be written */
  keep(changes: Config): void;
};

export function createConfigStore(path: string): ConfigStore {
  function readText(): string | undefined {
    try {
      return readFileSync(path, 'utf8');
    } catch (reason) {
      const { code } = reason as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new CommandError(EXIT.usage, `The config file ${path} cannot be read: ${code}.`);
    }
  }

  function parse(text: string): Record<string, unknown> {
    try {
      const content: unknown = JSON.parse(text);
      if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { ...content };
    } catch {
      // Reported below.
    }
    throw new CommandError(EXIT.usage, `The config file ${path} is not a JSON object: mend it or remove it.`);
  }

  function readAll(): Record<string, unknown> {
    const text = readText();
    return text === undefined ? {} : parse(text);
  }

  return {
    path,

    read() {
      const content = readAll();
      const config: Config = {};
      for (const key of CONFIG_KEYS) {
        const value = content[key];
        if (value === undefined || value === null || value === '') continue;
        if (typeof value !== 'string') throw new CommandError(EXIT.usage, `${path}: "${key}" must be a string.`);
        config[key] = value;
      }
      return config;
    },

    keep(changes) {
      const text = JSON.stringify({ ...readAll(), ...changes }, null, 2);
      try {
        writePrivateFile(path, `${text}\n`);
      } catch (reason) {
        const { code } = reason as NodeJS.ErrnoException;
        throw new CommandError(EXIT.usage, `The config file ${path} cannot be written: ${code}.`);
      }
    },
  };
}
