import jsonata from 'jsonata';
import { compilePlain, type PlainExpressions } from '../expressions/plain_expressions.js';
import type { CaseMember, Definition } from './definition.js';
import { createRecordCheck, type RecordCheck } from './record_check.js';

/** A type as it is stored. Times are in seconds since 1970. */
export type StoredType = {
  name: string;
  version: number;
  definition: Definition;
  createdAt: number;
  updatedAt: number;
};

/** A type that records can be tried on. */
export type Shape = StoredType & {
  /** Names its expressions: a type that was deleted and made again has other ones under the same version. */
  key: string;
  check: RecordCheck;
  /** Undefined when its expressions need a process of their own. */
  plain: PlainExpressions | undefined;
  /** Where in the record a member of the case comes from; empty when its expression is more than a path. */
  pointerOf(member: CaseMember): string;
};

/** All types. `version` grows with each change of any of them. */
export type StoredTypes = { version: number; types: readonly StoredType[] };
export type Catalog = { version: number; shapes: ReadonlyMap<string, Shape> };

export type Catalogs = {
  /** As this process knows it. Reads it when it knows none. */
  current(): Promise<Catalog>;
  /** Reads it again. */
  refresh(): Promise<Catalog>;
};

/** The JSON Pointer of a path such as `camera.id`. */
function pointerOfPath(expression: string): string {
  const { type, steps = [] } = jsonata(expression).ast() as { type: string; steps?: object[] };
  const names = steps.map((step) => {
    const { type: kind, value, position, ...rest } = step as { type: string; value: unknown; position: unknown };
    return kind === 'name' && Object.keys(rest).length === 0 ? String(value) : undefined;
  });
  if (type !== 'path' || names.includes(undefined)) return '';
  return names.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Makes a type one that records can be tried on. */
export function createShape(type: StoredType): Shape {
  const pointers = Object.fromEntries(
    Object.entries(type.definition.case).map(([member, expression]) => [member, pointerOfPath(expression)]),
  );
  return {
    ...type,
    key: `${type.name}@${type.version}@${type.updatedAt}`,
    check: createRecordCheck(type.definition.fields),
    plain: compilePlain(type.definition.case),
    pointerOf: (member) => pointers[member] ?? '',
  };
}

/** Keeps the types compiled. Those that have not changed stay as they are; others are dropped as a whole. */
export function createCatalogs(load: () => Promise<StoredTypes>): Catalogs {
  let known: Catalog | undefined;
  let loading: Promise<Catalog> | undefined;

  async function read(): Promise<Catalog> {
    const { version, types } = await load();
    const shapes = types.map((type): [string, Shape] => {
      const old = known?.shapes.get(type.name);
      const isSame = old?.version === type.version && old.updatedAt === type.updatedAt;
      return [type.name, isSame ? old : createShape(type)];
    });
    // A slower read of an earlier version must not replace a later one.
    if (known === undefined || version >= known.version) known = { version, shapes: new Map(shapes) };
    return known;
  }

  return {
    async current() {
      if (known !== undefined) return known;
      loading ??= read().finally(() => {
        loading = undefined;
      });
      return loading;
    },
    refresh: read,
  };
}
