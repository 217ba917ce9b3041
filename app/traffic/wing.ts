import type { Wing } from '../room.js';
import { CAMERA_PROCEDURES } from './cameras/procedures.js';
import { CASE_PROCEDURES } from './cases/procedures.js';

/** Cameras, the cases that come of their records, and who votes on them. */
export const TRAFFIC_WING: Wing = {
  name: 'traffic',
  settings: {},
  procedures: [CAMERA_PROCEDURES, CASE_PROCEDURES],
  open() {
    return [];
  },
};
