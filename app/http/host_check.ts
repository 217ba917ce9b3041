import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors.js';
import { type HostName, isLoopback, parseHostName } from '../host_names.js';

/** @throws ServiceError BAD_REQUEST, MISDIRECTED_REQUEST */
export type HostCheck = (request: IncomingMessage) => void;

type HostCheckOptions = {
  /** The address that the server listens on. */
  address: string;
  /** Further host names of the server: SVODKA_HOSTS. */
  hosts: readonly HostName[];
};

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
/** Listening addresses that are not host names. */
const ANY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
/** Ports that a Host header may omit. */
const DEFAULT_PORTS: ReadonlySet<number> = new Set([80, 443]);
/** Number of accepted Host headers to remember; a client uses one or two. */
const MAX_REMEMBERED = 100;

function isHost(name: string | undefined): boolean {
  return name?.length === 4 && name.toLowerCase() === 'host';
}

/** Node itself uses the first of several Host headers. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (isHost(rawHeaders[i])) count += 1;
  return count > 1;
}

/**
 * The authority of an absolute-form target, `http://host:port/path`, which overrides the Host header (RFC 9112, 3.2.2).
 */
function authorityOf(target: string): string | undefined {
  if (target.startsWith('/') || target === '*') return undefined;
  return /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1] ?? '';
}

// The connection is closed: programs that disagree about the host may disagree about the framing as well.
function badRequest(detail: string): ServiceError {
  return new ServiceError('BAD_REQUEST', detail, { headers: { Connection: 'close' } });
}

function requireHostName(text: string): HostName {
  const host = parseHostName(text);
  if (host === undefined) throw badRequest('The host of the request is not a valid host name.');
  return host;
}

function matches(known: HostName, { name, port }: HostName): boolean {
  if (known.name !== name) return false;
  if (known.port === undefined || known.port === port) return true;
  return port === undefined && DEFAULT_PORTS.has(known.port);
}

/**
 * Refuses requests without a host name or for another host. Otherwise a web page whose name resolves to this machine
 * (DNS rebinding) could read and change all data through a browser here. If the server is reachable from other
 * machines, any name is accepted unless `hosts` is set, because its names are unknown.
 */
export function createHostCheck({ address, hosts }: HostCheckOptions): HostCheck {
  const isEnforced = isLoopback(address) || hosts.length > 0;
  const own = address.includes(':') ? `[${address}]` : address;
  const known = [
    ...hosts,
    ...[...LOOPBACK_NAMES, ...(ANY_ADDRESS.has(address) ? [] : [own])].map((name) => ({ name, port: undefined })),
  ];
  const remembered = new Set<string>();

  function requireOwn(text: string): void {
    if (remembered.has(text)) return;
    const host = requireHostName(text);
    if (isEnforced && !known.some((each) => matches(each, host))) {
      throw new ServiceError(
        'MISDIRECTED_REQUEST',
        'The service does not answer to this host name. Its operator can add names in SVODKA_HOSTS.',
      );
    }
    if (remembered.size < MAX_REMEMBERED) remembered.add(text);
  }

  return (request) => {
    const { host } = request.headers;
    if (hasTwoHosts(request)) throw badRequest('The Host header occurs more than once.');
    const authority = authorityOf(request.url ?? '');
    if (host === undefined) {
      // HTTP/1.0 has no Host header.
      if (request.httpVersion !== '1.0') throw badRequest('The Host header is missing.');
    } else if (authority === undefined) {
      requireOwn(host);
    } else {
      requireHostName(host);
    }
    if (authority !== undefined) requireOwn(authority);
  };
}
