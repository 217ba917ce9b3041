import type { SettingsTable } from '../config.js';

export const METRICS_SETTINGS = {
  metricsHost: {
    name: 'SVODKA_METRICS_HOST',
    kind: 'text',
    defaultText: '`127.0.0.1`',
    help: 'the address of `SVODKA_METRICS_PORT`',
  },
  metricsPort: {
    name: 'SVODKA_METRICS_PORT',
    kind: 'wholeNumber',
    ...{ min: 0, max: 65_535 },
    help: 'a port of its own for `/metrics`; see [metrics](#metrics)',
  },
} as const satisfies SettingsTable;
