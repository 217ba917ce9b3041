import fc from 'fast-check';
import { anyRequest, type RequestRecipe as ImportRecipe } from '../support/census/import_requests.js';
import { type OpenApi, operationsOf } from '../support/contract/document.js';
import { toWire } from '../support/contract/parts.js';
import { createPool } from '../support/contract/pool.js';
import { createRequests, type RequestRecipe } from '../support/contract/requests.js';
import type { WireAnswer, WireRequest } from '../support/contract/wire.js';

/** An endless supply of random requests from a seed. */
export type Supply = {
  operation(): WireRequest;
  importRecipe(): ImportRecipe;
  importId(): string | undefined;
  /** Later requests use ids, cursors and tags from answers, but no ids of deleted imports. */
  learn(answer: Pick<WireAnswer, 'status' | 'json' | 'headers'>, target: string): void;
  forgetImport(importId: number): void;
};

const BATCH = 100;
/** Idempotency keys stay for 24 hours: the load uses few of them, so that Tarantool's memory is released. */
const KEYS = 20;
/** One in this many GETs becomes a HEAD. */
const HEAD_EVERY = 10;
/** Waiting for a version takes 5 s of a client's time. */
const PARAMETERS = {
  min_version: fc.constantFrom('0', '1', '1', 'x'),
  'Idempotency-Key': fc.nat(KEYS).map((number) => `"soak ${number}"`),
};

/** An endless stream of an arbitrary's values, generated in batches. */
function stream<Value>(arbitrary: fc.Arbitrary<Value>, firstSeed: number): () => Value {
  let seed = firstSeed;
  let made: Value[] = [];
  return () => {
    if (made.length === 0) made = fc.sample(arbitrary, { numRuns: BATCH, seed: seed++ });
    return made.pop() as Value;
  };
}

export function createSupply(document: OpenApi, host: string, seed: number): Supply {
  const pool = createPool();
  const requests = createRequests(document, { parameters: PARAMETERS });
  // What needs a token creates users and tasks, which stay: nothing that they take could come back.
  const open = operationsOf(document).filter(({ securitySchemes }) => securitySchemes.length === 0);
  const recipes = open.map((operation) => requests.any(operation));
  const nextRecipe = stream<RequestRecipe>(fc.oneof(...recipes), seed);
  const nextImport = stream(anyRequest, seed);
  const nextPick = stream(fc.nat(), seed);
  return {
    operation() {
      const wire = toWire(nextRecipe()(pool), host);
      return wire.method === 'GET' && nextPick() % HEAD_EVERY === 0 ? { ...wire, method: 'HEAD' } : wire;
    },
    importRecipe() {
      const recipe = nextImport();
      return recipe.key === undefined ? recipe : { ...recipe, key: `"soak ${recipe.key.length % KEYS}"` };
    },
    importId: () => pool.take('import_id', nextPick()),
    forgetImport: (importId) => pool.forget({ import_id: String(importId) }),
    learn({ status, json, headers }, target) {
      if (status < 300) pool.learn(json, headers['etag']);
      const [, importId] = /^\/imports\/(\d+)/.exec(target) ?? [];
      const isGone = status === 204 || (json as { code?: string } | undefined)?.code === 'IMPORT_NOT_FOUND';
      if (isGone && importId !== undefined) pool.forget({ import_id: importId });
    },
  };
}
