import { read } from '../db/procedure.js';

/** Procedures of health. */
export const PROCEDURES = {
  serviceInfo: read<[], [info: ReadonlyMap<string, string | number>]>('svodka.service.info'),
} as const;
