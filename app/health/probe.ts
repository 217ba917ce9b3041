// `node dist/app/health/probe.js`: ends with 0 when the service of these settings is ready. For a container's HEALTHCHECK.

import { readSettings } from '../config.js';
import { HTTP_SETTINGS } from '../http/settings.js';

const TIMEOUT_MS = 4_000;
/** To listen on every address is not an address to ask. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

const { host, port } = readSettings(HTTP_SETTINGS).values;
const name = LOOPBACK_OF[host] ?? (host.includes(':') ? `[${host}]` : host);
const response = await fetch(`http://${name}:${port}/health/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
process.stdout.write(`${await response.text()}\n`);
process.exitCode = response.ok ? 0 : 1;
