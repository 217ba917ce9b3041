import { join } from 'node:path';
import type { Procedure } from '../../../app/db/procedure.js';
import { projectDir } from '../folder.js';

/** A script for startTarantool: app.lua plus the procedures below. */
export const inspectScript = join(projectDir, 'test', 'support', 'traffic', 'inspect_cases.lua');

const strays: Procedure<[], [photos: number]> = { name: 'svodka.test.stray_photos', kind: 'read' };
const recount: Procedure<[], [differences: [kind: string, key: string, kept: number, counted: number][]]> = {
  name: 'svodka.test.recount_cases',
  kind: 'read',
};

/** `strays`: photos and records that belong to no case. `recount`: kept counts that differ from the cases. */
export const INSPECT_CASES = { strays, recount } as const;
