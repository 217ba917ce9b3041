import { InvalidArgumentError, Option } from 'commander';

export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** @throws InvalidArgumentError */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new InvalidArgumentError(`It must be an address like ${DEFAULT_URL}.`);
}

/** `--url`, with SVODKA_URL and this machine as defaults. */
export function urlOption(): Option {
  return new Option('--url <url>', 'where the service is')
    .env('SVODKA_URL')
    .argParser((text) => parseUrl(text || DEFAULT_URL))
    .default(new URL(DEFAULT_URL), DEFAULT_URL);
}
