import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../folder.js';
import { docker, run } from './run.js';

const BASE = 'debian:bookworm-slim';
const NODE = 'node:22-bookworm-slim';
const TARANTOOL = 'tarantool/tarantool:2.11';
const NODE_RELEASE = '22.23.3';
const NPM_RELEASE = '11.19.1';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

async function isThere(image: string): Promise<boolean> {
  return docker('image', 'inspect', image).then(
    () => true,
    () => false,
  );
}

async function buildFrom(folder: string, image: string, lines: readonly string[]): Promise<void> {
  writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
  await docker('build', '--quiet', '--tag', image, folder);
}

async function makeBase(): Promise<void> {
  const folder = makeFolder();
  const root = join(folder, 'root');
  await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root]);
  // The certificates that this machine trusts, including those of a local mirror.
  cpSync(CERTIFICATES, join(root, CERTIFICATES));
  await run(
    'sh',
    ['-c', `rm -rf var/cache/apt/archives/*.deb var/lib/apt/lists/* && tar -c . | docker import - ${BASE}`],
    {
      cwd: root,
    },
  );
}

async function makeNode(): Promise<void> {
  const folder = makeFolder();
  for (const [name, release] of [
    [`node-linux-${process.arch}`, NODE_RELEASE],
    ['npm', NPM_RELEASE],
  ] as const) {
    const into = join(folder, name.startsWith('node') ? 'node' : 'npm');
    mkdirSync(into);
    const archive = (await run('npm', ['pack', '--silent', `${name}@${release}`], { cwd: folder })).split('\n').at(-1);
    await run('tar', ['-xzf', archive as string, '-C', into, '--strip-components=1'], { cwd: folder });
  }
  await buildFrom(folder, NODE, [
    `FROM ${BASE}`,
    'COPY node/bin/node /usr/local/bin/node',
    'COPY npm /usr/local/lib/node_modules/npm',
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd --uid 1000 --create-home node',
    `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES} npm_config_registry=${await run('npm', ['config', 'get', 'registry'])}`,
    'CMD ["node"]',
  ]);
}

async function makeTarantool(): Promise<void> {
  await buildFrom(makeFolder(), TARANTOOL, [
    `FROM ${BASE}`,
    'RUN apt-get update -q && apt-get install -yq --no-install-recommends tarantool && rm -rf /var/lib/apt/lists/*',
    'RUN id tarantool || useradd --system tarantool; mkdir -p /opt/tarantool /var/lib/tarantool',
    'VOLUME /var/lib/tarantool',
    'WORKDIR /opt/tarantool',
    'CMD ["tarantool"]',
  ]);
}

/**
 * Builds the base images without a registry: under the official names, from Debian's and npm's packages, with the
 * properties of the official images that matter here. Existing images are kept. Takes a minute if there are none.
 */
export async function ensureStandIns(): Promise<void> {
  if (!(await isThere(BASE))) await makeBase();
  if (!(await isThere(NODE))) await makeNode();
  if (!(await isThere(TARANTOOL))) await makeTarantool();
}
