import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors.js';
import { type HostName, isLoopback, parseHostName } from '../host_names.js';

/** @throws ServiceError BAD_REQUEST, MISDIRECTED_REQUEST */
export type HostCheck = (request: IncomingMessage) => void;

export type HostCheckOptions = {
  /** The address that the server listens on. */
  address: string;
  /** What it is called besides: SVODKA_HOSTS. */
  hosts: readonly HostName[];
};

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
/** Addresses to listen on that are no names to be asked under. */
const ANY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
/** Ports that a Host header leaves out. */
const DEFAULT_PORTS: ReadonlySet<number> = new Set([80, 443]);
/** Host headers that were found right; a client uses one or two. */
const MAX_REMEMBERED = 100;

function isHost(name: string | undefined): boolean {
  return name?.length === 4 && name.toLowerCase() === 'host';
}

/** Node keeps the first of several. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (isHost(rawHeaders[i])) count += 1;
  return count > 1;
}

/** The authority of an absolute target, `http://host:port/path`, which comes before the Host header (RFC 9112, 3.2.2). */
function authorityOf(target: string): string | undefined {
  if (target.startsWith('/') || target === '*') return undefined;
  return /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1] ?? '';
}

// The connection ends: where two programs disagree about the host, they may disagree about what follows as well.
function badRequest(detail: string): ServiceError {
  return new ServiceError('BAD_REQUEST', detail, { headers: { Connection: 'close' } });
}

function requireHostName(text: string): HostName {
  const host = parseHostName(text);
  if (host === undefined) throw badRequest('The host that the request names is not a host name.');
  return host;
}

function matches(known: HostName, { name, port }: HostName): boolean {
  if (known.name !== name) return false;
  if (known.port === undefined || known.port === port) return true;
  return port === undefined && DEFAULT_PORTS.has(known.port);
}

/**
 * Refuses requests that name no host, or not one of the server's. A page on the web whose name is made to resolve to this
 * machine (DNS rebinding) would otherwise read and change all data through a browser here. A server that other machines
 * reach takes any name unless `hosts` has some: what it is called there is not known.
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
        'The service is not called by this host name. Its operator can add names in SVODKA_HOSTS.',
      );
    }
    if (remembered.size < MAX_REMEMBERED) remembered.add(text);
  }

  return (request) => {
    const { host } = request.headers;
    if (hasTwoHosts(request)) throw badRequest('The header Host is there twice.');
    const authority = authorityOf(request.url ?? '');
    if (host === undefined) {
      // HTTP/1.0 did not know it.
      if (request.httpVersion !== '1.0') throw badRequest('The header Host is missing.');
    } else if (authority === undefined) {
      requireOwn(host);
    } else {
      requireHostName(host);
    }
    if (authority !== undefined) requireOwn(authority);
  };
}
