import { CENSUS_WING } from './census/wing.js';
import { createDashboardRoom } from './dashboard/room.js';
import { PROCEDURES as DB_PROCEDURES } from './db/procedures.js';
import { DB_SETTINGS } from './db/settings.js';
import { PROCEDURES as HEALTH_PROCEDURES } from './health/procedures.js';
import { createHealthRoom } from './health/room.js';
import { HTTP_SETTINGS } from './http/settings.js';
import { PROCEDURES as METRICS_PROCEDURES } from './metrics/procedures.js';
import { METRICS_SETTINGS } from './metrics/settings.js';
import type { Parts, Room, Wing } from './room.js';
import { TRAFFIC_WING } from './traffic/wing.js';
import { USER_PROCEDURES } from './users/procedures.js';
import type { Rights } from './users/rights.js';
import { createUsersRoom } from './users/room.js';
import { USERS_SETTINGS } from './users/settings.js';
import { WORK_WING } from './work/wing.js';

/** What is there whatever wings are on. */
export const COMMON = {
  name: 'common',
  settings: { ...HTTP_SETTINGS, ...USERS_SETTINGS, ...METRICS_SETTINGS, ...DB_SETTINGS },
  procedures: [DB_PROCEDURES, METRICS_PROCEDURES, HEALTH_PROCEDURES, USER_PROCEDURES],
} as const satisfies Omit<Wing, 'open'>;

/** The rooms of what is always there, and who may use the routes of all rooms. */
export function openCommon(parts: Parts): { rooms: readonly Room[]; rights: Rights } {
  const { rights, ...usersRoom } = createUsersRoom(parts);
  return { rooms: [createHealthRoom(parts), usersRoom, createDashboardRoom(parts)], rights };
}

/** In the order of tarantool/wings.lua, which has the same names. */
export const WINGS: readonly Wing[] = [CENSUS_WING, WORK_WING, TRAFFIC_WING];
