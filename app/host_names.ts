import { isIPv6 } from 'node:net';

/** A host as in a URL: `name` in lower case, IPv6 in brackets, without a trailing dot; `port` if given. */
export type HostName = Readonly<{ name: string; port: number | undefined }>;

/** RFC 3986, 3.2.2: an IPv6 address in brackets, a registered name or an IPv4 address; then an optional port. */
const HOST = /^(\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::(\d{0,5}))?$/i;
const MAX_PORT = 65_535;

/** Parses `host` or `host:port`, as in a Host header; undefined if the text is neither. */
export function parseHostName(text: string): HostName | undefined {
  const [, host, port] = HOST.exec(text) ?? [];
  if (host === undefined || (host.startsWith('[') && !isIPv6(host.slice(1, -1)))) return undefined;
  const name = host.toLowerCase().replace(/(?<=[^.])\.$/, '');
  if (port === undefined || port === '') return { name, port: undefined };
  return Number(port) <= MAX_PORT ? { name, port: Number(port) } : undefined;
}

/** Whether a socket listening on this address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
