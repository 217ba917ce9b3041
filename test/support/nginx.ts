import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './folder.js';
import { freePort } from './ports.js';
import { until } from './until.js';

const PROGRAM = '/usr/sbin/nginx';

/** Why nginx is not available; false if it is. For the option `skip` of a test. */
export const noNginx: string | false =
  spawnSync(PROGRAM, ['-v']).status === 0 ? false : 'nginx is not installed (apt-get install nginx)';

export type RunningNginx = { url: string; stop(): Promise<void> };

/** Runs nginx in front of a service; resolves once it listens. `settings`: of its only server, without `listen`. */
export async function startNginx(settings: string): Promise<RunningNginx> {
  const folder = makeFolder();
  const port = await freePort();
  const configuration = join(folder, 'nginx.conf');
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    configuration,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
    events {}
    http { access_log off; ${folders.join(' ')}
      server { listen 127.0.0.1:${port}; ${settings} }
    }`,
  );
  const child = spawn(PROGRAM, ['-p', folder, '-c', configuration], { stdio: ['ignore', 'ignore', 'inherit'] });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const ended = once(child, 'close');
  const url = `http://127.0.0.1:${port}`;
  await until('nginx listens', () =>
    fetch(`${url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      process.off('exit', killWithUs);
    },
  };
}
