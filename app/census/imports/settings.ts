import type { SettingsTable } from '../../config.js';

export const IMPORT_SETTINGS = {
  scan: {
    name: 'SVODKA_SCAN',
    kind: 'oneOf',
    values: ['simd', 'plain'],
    default: 'simd',
    help: '`plain`: citizens are read in JavaScript instead of WebAssembly (ADR 34); seven times slower, for trouble-shooting',
  },
} as const satisfies SettingsTable;
