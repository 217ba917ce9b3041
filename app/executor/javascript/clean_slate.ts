import { builtinModules, createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** What a script may have changed for the next one; a changed value is known by identity. */
type Snapshot = ReadonlyMap<object, ReadonlyMap<PropertyKey, unknown>>;

/** Modules whose functions a script could replace, for instance to count calls. Only what is loaded anyway. */
const WATCHED_MODULES = [
  'fs',
  'fs/promises',
  'path',
  'events',
  'util',
  'timers',
  'timers/promises',
  'buffer',
  'url',
  'stream',
  'process',
];

// The first `import` of some of them, of fs for one, changes the module: that is no script's doing.
await Promise.all(WATCHED_MODULES.map((name) => import(name)));

function watchedObjects(): object[] {
  const globals = Object.getOwnPropertyNames(globalThis).flatMap((name) => {
    const value: unknown = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
    if (typeof value === 'function') return typeof value.prototype === 'object' ? [value, value.prototype] : [value];
    return typeof value === 'object' && value !== null ? [value] : [];
  });
  const modules = WATCHED_MODULES.filter((name) => builtinModules.includes(name)).map(
    (name) => require(name) as object,
  );
  return [...new Set([globalThis, ...globals, ...modules])].filter(
    (each) => each !== null && each !== process.env && each !== process,
  );
}

function propertiesOf(target: object): ReadonlyMap<PropertyKey, unknown> {
  return new Map(
    Reflect.ownKeys(target).map((key) => {
      const property = Object.getOwnPropertyDescriptor(target, key);
      return [key, property?.get ?? property?.value];
    }),
  );
}

function hasChanged(target: object, before: ReadonlyMap<PropertyKey, unknown>): boolean {
  const keys = Reflect.ownKeys(target);
  if (keys.length !== before.size || !Object.isExtensible(target)) return true;
  return keys.some((key) => {
    const property = Object.getOwnPropertyDescriptor(target, key);
    return !before.has(key) || !Object.is(before.get(key), property?.get ?? property?.value);
  });
}

function listenersOf(emitter: NodeJS.EventEmitter): ReadonlyMap<string, number> {
  return new Map(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));
}

function countOfEach(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function hasMore(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): boolean {
  return [...now].some(([name, count]) => count > (before.get(name) ?? 0));
}

/**
 * Looks whether a task left the interpreter as it found it: no global, no built-in function, no environment variable
 * changed, no timer, socket or listener left. Answers a function that says whether that still holds; it takes about
 * 0.3 ms.
 */
export function rememberCleanSlate(): () => boolean {
  const snapshot: Snapshot = new Map(watchedObjects().map((target) => [target, propertiesOf(target)]));
  const environment = JSON.stringify(process.env);
  const umask = process.umask();
  const { title } = process;
  const listeners = listenersOf(process);
  const resources = countOfEach(process.getActiveResourcesInfo());

  return () => {
    if (JSON.stringify(process.env) !== environment || process.umask() !== umask || process.title !== title)
      return false;
    if (process.exitCode !== undefined || hasMore(listenersOf(process), listeners)) return false;
    if (hasMore(countOfEach(process.getActiveResourcesInfo()), resources)) return false;
    return [...snapshot].every(([target, before]) => !hasChanged(target, before));
  };
}
