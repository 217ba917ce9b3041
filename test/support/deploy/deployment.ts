import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { makeFolder, projectDir } from '../folder.js';
import { request } from '../http/http.js';
import { until } from '../until.js';
import { docker, run } from './run.js';

/** Time for the service to answer after a start; an engine that starts all its containers at once is slow. */
const READY_PATIENCE_MS = 120_000;
const ASK_PATIENCE_MS = 5_000;

export type Deployment = {
  url: string;
  /** The folder of the sources, as after `git clone`. */
  dir: string;
  project: string;
  /** Settings for compose, which a test may change. */
  env: Record<string, string>;
  compose(...args: readonly string[]): Promise<string>;
  /** Runs a program of the sources with the same settings. */
  script(name: string, ...args: readonly string[]): Promise<string>;
  /** The id of a service's only running container. */
  container(service: string): Promise<string>;
  untilReady(): Promise<void>;
  /** Removes the deployment with all its containers, networks and volumes. */
  remove(): Promise<void>;
};

/**
 * Uses node:http: while a container does not listen yet, Docker's port proxy accepts connections and cuts them, and
 * fetch() of Node 20.20 then never settles and does not keep the process alive.
 */
function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get(`${url}/health/ready`, { agent: false, timeout: ASK_PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy()).once('error', () => resolve(false));
  });
}

/** A free port; another program may take it before the caller does. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The files that git tracks, in their current state: the contents of a clone of the next commit. */
export async function cloneSources(): Promise<string> {
  const dir = join(makeFolder(), 'svodka');
  mkdirSync(dir);
  await run(
    'sh',
    [
      '-c',
      `git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - | tar -x -C "${dir}"`,
    ],
    {
      cwd: projectDir,
    },
  );
  return dir;
}

/** An isolated place in which compose runs the project. Starts nothing. `name`: letters only. */
export async function createDeployment(name: string): Promise<Deployment> {
  const dir = await cloneSources();
  const project = `svodka-${name}-${process.pid}`;
  const publish = `127.0.0.1:${await freePort()}`;
  const env: Record<string, string> = {
    COMPOSE_PROJECT_NAME: project,
    SVODKA_PUBLISH: publish,
    SVODKA_TAG: `${name}-${process.pid}`,
    SVODKA_MEMTX_MEMORY: String(512 * 1024 * 1024),
  };
  const url = `http://${publish}`;
  const compose = (...args: readonly string[]) => run('docker-compose', args, { cwd: dir, env });
  return {
    url,
    dir,
    project,
    env,
    compose,
    script: (script, ...args) => run(join(dir, 'scripts', script), args, { cwd: dir, env }),

    async container(service) {
      const filters = [`label=com.docker.compose.project=${project}`, `label=com.docker.compose.service=${service}`];
      return docker('ps', '--quiet', ...filters.flatMap((filter) => ['--filter', filter]));
    },

    async untilReady() {
      await until(`${url} is ready`, () => isReady(url), READY_PATIENCE_MS);
    },

    async remove() {
      await compose('down', '--volumes', '--timeout', '10');
      const reference = `reference=svodka-*:${name}-${process.pid}*`;
      const images = await docker('images', '--format', '{{.Repository}}:{{.Tag}}', '--filter', reference);
      // Removed by name, the longest first: derived images must go before their base images.
      const names = images.split('\n').sort((one, other) => other.length - one.length);
      if (images !== '') await docker('rmi', '--force', ...names);
    },
  };
}

/** The service's answers about imports, each as a hash: equal hashes mean equal data. */
export async function answersAbout(url: string, importIds: readonly number[]): Promise<string[]> {
  const paths = ['citizens', 'citizens/birthdays', 'towns/stat/percentile/age'];
  const answers: string[] = [];
  for (const path of importIds.flatMap((id) => paths.map((each) => `/imports/${id}/${each}`))) {
    // Compressing 250 MB of lists each time would take most of the time.
    const { status, headers, text } = await request(url + path, { headers: { 'Accept-Encoding': 'identity' } });
    answers.push(`${path} ${status} ${headers.get('ETag')} ${createHash('sha256').update(text).digest('hex')}`);
  }
  return answers;
}
