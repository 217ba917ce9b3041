import type { Client } from '../db/client.js';
import { withMinVersion } from '../http/answers/data_version.js';
import { routeName, type StaleReads, withMaxStaleness } from '../http/answers/staleness.js';
import type { Route } from '../http/route.js';
import type { Parts, Room, Wing } from '../room.js';
import { PROCEDURES as CHECKS } from './checks/procedures.js';
import { createChecksRoom } from './checks/room.js';
import { PROCEDURES as CITIZENS } from './citizens/procedures.js';
import { createCitizensRoom } from './citizens/room.js';
import { createTextMaker } from './citizens/text/text_maker.js';
import { PROCEDURES as COMPARISON } from './comparison/procedures.js';
import { createComparisonRoom } from './comparison/room.js';
import { runDemo } from './demo/run.js';
import { createImportParser } from './imports/intake/parser.js';
import { PROCEDURES as IMPORTS } from './imports/procedures.js';
import { createImportsRoom } from './imports/room.js';
import { IMPORT_SETTINGS } from './imports/settings.js';
import { PROCEDURES as PRESENTS } from './presents/procedures.js';
import { createPresentsRoom } from './presents/room.js';
import { createComputer } from './stats/computing/computer.js';
import { PROCEDURES as STATS } from './stats/procedures.js';
import { createStatsRoom } from './stats/room.js';

/** What the rooms share, on whichever database they are made. */
function createShared(parts: Parts) {
  return {
    ...parts,
    parser: createImportParser(parts.workerCount, parts.settings(IMPORT_SETTINGS).scan === 'simd'),
    texts: createTextMaker(parts.workerCount),
    computer: createComputer(),
  };
}

type Shared = ReturnType<typeof createShared>;

function mapRoutes(room: Room, change: (route: Route) => Route): Room {
  return { ...room, routes: room.routes.map(change) };
}

function openRooms(parts: Shared, isReplica: boolean): Room[] {
  const { service: imports, ...importsRoom } = createImportsRoom({ ...parts, isReplica });
  const { stateOf } = imports;
  const { service: stats, ...statsRoom } = createStatsRoom({ ...parts, stateOf });
  return [
    importsRoom,
    createCitizensRoom({ ...parts, stateOf }),
    statsRoom,
    createPresentsRoom({ ...parts, stateOf }),
    createComparisonRoom({ ...parts, stateOf, townTotals: stats.townTotals }),
    createChecksRoom(parts),
  ].map((room) => mapRoutes(room, (route) => withMinVersion(route, imports.reachVersion)));
}

function staleReads(parts: Shared, replica: { db: Client; stalenessMs(): number | undefined }): StaleReads {
  const routes = openRooms({ ...parts, db: replica.db }, true).flatMap((room) => room.routes);
  return {
    handlers: new Map(routes.map((route) => [routeName(route), route.handle])),
    stalenessMs: replica.stalenessMs,
    onRefusal: (reason) => parts.log.debug({ err: reason }, 'the primary answers instead of the replica'),
  };
}

/** Imports of citizens, and what is asked of them. */
export const CENSUS_WING: Wing = {
  name: 'census',
  settings: IMPORT_SETTINGS,
  procedures: [IMPORTS, CITIZENS, STATS, PRESENTS, COMPARISON, CHECKS],
  open(parts) {
    const shared = createShared(parts);
    const stale = parts.replica && staleReads(shared, parts.replica);
    return openRooms(shared, false).map((room) => mapRoutes(room, (route) => withMaxStaleness(route, stale)));
  },
  demo: runDemo,
};
