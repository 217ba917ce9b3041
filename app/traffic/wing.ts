import type { Wing } from '../room.js';
import { CAMERA_PROCEDURES } from './cameras/procedures.js';
import { createCamerasRoom } from './cameras/room.js';
import { CASE_PROCEDURES } from './cases/procedures.js';
import { createCasesRoom } from './cases/room.js';
import { CASE_SETTINGS } from './cases/settings.js';
import { REGISTER_PROCEDURES } from './registers/procedures.js';
import { createRegistersRoom } from './registers/room.js';
import { VOTE_PROCEDURES } from './votes/procedures.js';
import { createVotesRoom } from './votes/room.js';
import { VOTE_SETTINGS } from './votes/settings.js';

/** Cameras, the cases that come of their records, and who votes on them. */
export const TRAFFIC_WING: Wing = {
  name: 'traffic',
  settings: { ...CASE_SETTINGS, ...VOTE_SETTINGS },
  procedures: [CAMERA_PROCEDURES, CASE_PROCEDURES, VOTE_PROCEDURES, REGISTER_PROCEDURES],
  open(parts) {
    const { service: cameras, ...camerasRoom } = createCamerasRoom(parts);
    const isHeldBy = (caseId: string, userId: number) => votes.isHeldBy(caseId, userId);
    const { service: cases, ...casesRoom } = createCasesRoom({ ...parts, cameras, isHeldBy });
    const { service: votes, ...votesRoom } = createVotesRoom({ ...parts, cases });
    // The routes of cases come first: /cameras/case is no camera's path.
    return [casesRoom, camerasRoom, votesRoom, createRegistersRoom(parts)];
  },
};
