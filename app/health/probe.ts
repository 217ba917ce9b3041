// `node dist/app/health/probe.js` exits with 0 if the service with these settings is ready. For the HEALTHCHECK of a
// container.

import { readSettings } from '../config.js';
import { HTTP_SETTINGS } from '../http/settings.js';

const TIMEOUT_MS = 4_000;
/** A wildcard address to listen on is not an address to connect to. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

const { host, port } = readSettings(HTTP_SETTINGS).values;
const name = LOOPBACK_OF[host] ?? (host.includes(':') ? `[${host}]` : host);
const response = await fetch(`http://${name}:${port}/health/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
process.stdout.write(`${await response.text()}\n`);
process.exitCode = response.ok ? 0 : 1;
