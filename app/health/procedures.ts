import { read } from '../db/procedure.js';

export const PROCEDURES = {
  serviceInfo: read<[], [info: ReadonlyMap<string, string | number>]>('svodka.service.info'),
} as const;
