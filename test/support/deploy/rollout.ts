import { execFile } from 'node:child_process';
import { appendFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeFolder, projectDir } from '../folder.js';
import { cloneSources, freePort } from './deployment.js';
import { docker, run } from './run.js';

/** A bare target needs two image builds; everything else is quick. */
const LIMIT_MS = 600_000;

export type Played = { code: number; output: string; changed: number; seconds: number };

export type Rollout = {
  url: string;
  /** The folder on the target, with releases/, current, secrets/ and backups/. */
  dir: string;
  /** A second host of the inventory, which the rollout updates after the first. */
  secondDir: string;
  /** Variables of both hosts, which a test may change. */
  vars: Record<string, unknown>;
  /** Variables of a host in the group `executors`, `worker`; there is none while this is empty. */
  executorVars: Record<string, unknown>;
  /** Appends text to files of the checkout, creating missing ones, and commits the change. */
  commit(additions: Readonly<Record<string, string>>): Promise<void>;
  /** Reverts a commit with a new commit. */
  revert(commit: string): Promise<void>;
  /** Runs ansible/NAME.yml, by default on the first host only. */
  play(name: string, vars?: Readonly<Record<string, unknown>>, flags?: readonly string[]): Promise<Played>;
  /** The folder in releases/ that `current` points to. */
  current(): string;
  releases(): string[];
  /** All containers of a service, including stopped ones. */
  containers(service: string): Promise<string>;
  /** Removes all containers, volumes and networks, as the loss of a server would. */
  wipe(): Promise<void>;
  remove(): Promise<void>;
};

/** A checkout, an inventory and a target on this machine. */
export async function createRollout(name: string): Promise<Rollout> {
  const checkout = await cloneSources();
  const git = (...args: readonly string[]) =>
    run('git', ['-c', 'user.name=svodka', '-c', 'user.email=svodka@localhost', ...args], { cwd: checkout });
  await git('init', '--quiet');
  const commitAll = async (message: string) => {
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '--message', message);
  };
  await commitAll('as it is');

  const place = makeFolder();
  const project = `svodka-${name}-${process.pid}`;
  const [dir, secondDir] = [join(place, 'first'), join(place, 'second')];
  const publish = `127.0.0.1:${await freePort()}`;
  const vars: Record<string, unknown> = {
    ansible_connection: 'local',
    svodka_source_dir: checkout,
    svodka_memtx_memory: 256 * 1024 * 1024,
  };
  const executorVars: Record<string, unknown> = {};
  const inventory = join(place, 'inventory.json');
  const writeInventory = () => {
    const hosts = {
      first: { svodka_dir: dir, svodka_project: project, svodka_publish: publish },
      second: { svodka_dir: secondDir, svodka_project: `${project}-2`, svodka_publish: '127.0.0.1:1' },
    };
    const worker = { svodka_dir: join(place, 'worker'), svodka_project: `${project}-worker`, ...executorVars };
    const executors = Object.keys(executorVars).length === 0 ? {} : { executors: { hosts: { worker }, vars } };
    writeFileSync(inventory, JSON.stringify({ api: { hosts, vars }, ...executors }));
  };
  const filters = (service?: string) =>
    [`com.docker.compose.project=${project}`, ...(service ? [`com.docker.compose.service=${service}`] : [])].flatMap(
      (label) => ['--filter', `label=${label}`],
    );
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');

  async function wipe(): Promise<void> {
    const containers = lines(await docker('ps', '--all', '--quiet', ...filters()));
    if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
    for (const kind of ['volume', 'network']) {
      const names = lines(await docker(kind, 'ls', '--quiet', ...filters()));
      if (names.length > 0) await docker(kind, 'rm', ...names);
    }
  }

  return {
    url: `http://${publish}`,
    dir,
    secondDir,
    vars,
    executorVars,
    wipe,
    current: () => basename(readlinkSync(join(dir, 'current'))),
    releases: () => readdirSync(join(dir, 'releases')).sort(),
    containers: (service) => docker('ps', '--all', '--quiet', '--no-trunc', ...filters(service)),

    async commit(additions) {
      for (const [path, text] of Object.entries(additions)) appendFileSync(join(checkout, path), text);
      await commitAll(Object.keys(additions).join(', '));
    },

    async revert(commit) {
      await git('revert', '--no-edit', commit);
    },

    play(playbook, extra = {}, flags = ['--limit', 'first']) {
      writeInventory();
      const args = ['--inventory', inventory, `${playbook}.yml`, '--extra-vars', JSON.stringify(extra), ...flags];
      const begun = performance.now();
      return new Promise((resolve) => {
        const options = { cwd: join(projectDir, 'ansible'), timeout: LIMIT_MS, maxBuffer: 2 ** 26 };
        execFile('ansible-playbook', args, options, (error, stdout, stderr) => {
          resolve({
            code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1,
            output: stdout + stderr,
            changed: Number(/^first +: ok=\d+ +changed=(\d+)/m.exec(stdout)?.[1]),
            seconds: Math.round((performance.now() - begun) / 1000),
          });
        });
      });
    },

    async remove() {
      await wipe();
      const images = lines(await docker('image', 'ls', '--quiet', '--filter', `reference=${project}-*`));
      if (images.length > 0) await docker('image', 'rm', '--force', ...new Set(images));
    },
  };
}
