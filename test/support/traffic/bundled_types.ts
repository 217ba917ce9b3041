import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Definition } from '../../../app/traffic/cameras/shapes/definition.js';
import { projectDir } from '../folder.js';

/** The definitions that are there from the first start, as the migration has them. */
export function bundledTypes(): Map<string, Definition> {
  const text = readFileSync(join(projectDir, 'tarantool', 'migrations', '011_cameras.lua'), 'utf8');
  const found = [...text.matchAll(/(camerus\d) = \[\[(.*?)\]\]/gs)];
  return new Map(
    found.map(([, name, json]) => [name as string, JSON.parse((json as string).replaceAll(/\n\s*/g, ' '))]),
  );
}
