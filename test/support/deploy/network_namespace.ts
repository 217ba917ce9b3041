import { readFileSync, writeFileSync } from 'node:fs';
import { run } from './run.js';

export type Namespace = { path: string; remove(): Promise<void> };

const NAME = `svodka-${process.pid}`;
const OUTSIDE = `svo${process.pid}`;
const INSIDE = 'uplink0';

/** From the range for network tests (RFC 2544), so that no engine assigns it; each process gets a /30. */
function address(place: number): string {
  const offset = (process.pid % 2 ** 15) * 4 + place;
  return `198.${18 + (offset >> 16)}.${(offset >> 8) & 255}.${offset & 255}`;
}

const NET = `${address(0)}/30`;
const OUTSIDE_ADDRESS = address(1);
const INSIDE_ADDRESS = address(2);

const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';

const RULES = [
  ['-t', 'nat', 'POSTROUTING', '-s', NET, '!', '-o', OUTSIDE, '-j', 'MASQUERADE'],
  // By default an engine on the host drops forwarded packets that it does not know.
  ['-t', 'filter', 'FORWARD', '-i', OUTSIDE, '-j', 'ACCEPT'],
  ['-t', 'filter', 'FORWARD', '-o', OUTSIDE, '-j', 'ACCEPT'],
];

function iptables(operation: '-I' | '-D'): Promise<unknown> {
  return Promise.all(
    RULES.map(([, table, chain, ...rule]) =>
      run('iptables', ['-w', '-t', table as string, operation, chain as string, ...rule]),
    ),
  );
}

/**
 * A network namespace with a route out through this machine. Its ports, bridges and packet filter are separate, so an
 * engine in it disturbs nothing outside. Programs enter it by `nsenter --net=path`.
 */
export async function createNamespace(): Promise<Namespace> {
  const ip = (...args: string[]) => run('ip', args);
  const within = (...args: string[]) => run('ip', ['-n', NAME, ...args]);
  const forwarding = readFileSync(IP_FORWARD, 'utf8').trim();
  await ip('netns', 'add', NAME);
  await ip('link', 'add', OUTSIDE, 'type', 'veth', 'peer', 'name', INSIDE, 'netns', NAME);
  await ip('addr', 'add', `${OUTSIDE_ADDRESS}/30`, 'dev', OUTSIDE);
  await ip('link', 'set', OUTSIDE, 'up');
  await within('addr', 'add', `${INSIDE_ADDRESS}/30`, 'dev', INSIDE);
  await within('link', 'set', 'lo', 'up');
  await within('link', 'set', INSIDE, 'up');
  await within('route', 'add', 'default', 'via', OUTSIDE_ADDRESS);
  writeFileSync(IP_FORWARD, '1');
  await iptables('-I');
  return {
    path: `/run/netns/${NAME}`,
    async remove() {
      await iptables('-D');
      writeFileSync(IP_FORWARD, forwarding);
      await ip('link', 'delete', OUTSIDE);
      await ip('netns', 'delete', NAME);
    },
  };
}
