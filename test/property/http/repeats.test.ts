import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { pino } from 'pino';
import { ServiceError } from '../../../app/errors.js';
import type { Authorize } from '../../../app/http/access.js';
import { rowsQuestion, rowsWantedBy, sendRows } from '../../../app/http/answers/flat_rows.js';
import { createKeptAnswers, type KeptUse } from '../../../app/http/answers/kept_answers.js';
import { FORMAT_PARAMETERS } from '../../../app/http/answers/row_formats.js';
import { writeRows } from '../../../app/http/answers/write_rows.js';
import { createBareApplication } from '../../../app/http/application.js';
import { readQuery } from '../../../app/http/query/query.js';
import { wholeNumber } from '../../../app/http/query/query_kinds.js';
import { forbidRepeat } from '../../../app/http/requests/repeatable.js';
import type { RequestObserver } from '../../../app/http/requests/request_observer.js';
import type { ServedPath } from '../../../app/http/route.js';
import { createHttpServer } from '../../../app/http/server.js';
import { runs } from '../../support/random.js';

/** The data of three subjects, and which token is valid. */
type World = { versions: Map<number, number>; isTokenValid: boolean };

const PARAMETERS = { rows: wholeNumber({ name: 'rows', description: 'How many.', min: 0, max: 9_000 }) };

/** The paths of an application; `isOrdinary`: every request is handled. `handled` counts them. */
function createPaths(world: World, isOrdinary: boolean) {
  const handled = { count: 0 };
  const answers = createKeptAnswers(4 * 1024 * 1024, async (id) => {
    await nextTurn();
    const version = world.versions.get(id);
    if (version === undefined) throw new ServiceError('IMPORT_NOT_FOUND', `Nothing has the id ${id}.`);
    return { version, createdAt: 36 };
  });
  const describe = (path: string, access: ServedPath['access']): ServedPath => ({
    method: 'get',
    path,
    ...(access && { access }),
    parameters: { ...PARAMETERS, ...FORMAT_PARAMETERS },
    async handle(ctx) {
      handled.count++;
      if (isOrdinary) forbidRepeat(ctx);
      const wanted = rowsWantedBy(ctx);
      const { rows = 2 } = readQuery(ctx, PARAMETERS);
      const id = Number(ctx.params['id']);
      const question = rowsQuestion(wanted.format, 'things', rows);
      const answer = await answers.answer(id, { ...wanted, question }, async () => {
        const version = world.versions.get(id) ?? 0;
        const numbers = Array.from({ length: rows }, (_, place) => [place, version, '=я']);
        const link = rows % 2 === 0 ? `</things/${id}>; rel="next"` : undefined;
        return { version, link, pieces: writeRows(wanted.format, { columns: ['a', 'b', 'c'], rows: numbers }) };
      });
      sendRows(ctx, answer, wanted.format);
    },
  });
  const paths = [describe('/open/{id}', 'open'), describe('/things/{id}', { roles: ['reader'] })];
  return { paths, handled, use: answers.use };
}

type Side = {
  url: string;
  observed: unknown[];
  handled: { count: number };
  use(): KeptUse;
  stop(): Promise<void>;
};

async function startSide(world: World, isOrdinary: boolean): Promise<Side> {
  const observed: unknown[] = [];
  const observer: RequestObserver = {
    begun: () => observed.push('begun'),
    answered: ({ seconds: _, ...request }) => observed.push(request),
    cutOff: () => observed.push('cut off'),
    contained: (owner) => observed.push(owner),
  };
  const authorize: Authorize = (ctx, access) => {
    const token = ctx.get('Authorization');
    if (token === '' && access === 'open') return undefined;
    if (token === '') throw new ServiceError('UNAUTHORIZED', 'This needs a token.');
    return nextTurn().then(() => {
      if (token !== 'Token reader' || !world.isTokenValid) throw new ServiceError('UNAUTHORIZED', 'Not valid.');
    });
  };
  const { paths, handled, use } = createPaths(world, isOrdinary);
  const server = createHttpServer(createBareApplication(paths, pino({ level: 'silent' }), { observer, authorize }));
  const port = await server.listen('127.0.0.1', 0);
  return { url: `http://127.0.0.1:${port}`, observed, handled, use, stop: () => server.stop(1_000) };
}

const anyRequest = fc.record({
  kind: fc.constant('request' as const),
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'HEAD', 'POST'),
  path: fc.constantFrom('/open/', '/things/', '/open/', '/things/', '/open/', '/nowhere/'),
  id: fc.constantFrom('1', '2', '3', '4', '%31'),
  query: fc.constantFrom('', '?rows=0', '?rows=3', '?rows=80', '?rows=6000', '?for=spreadsheet', '?rows=x', '?no=1'),
  accept: fc.constantFrom(undefined, '*/*', 'text/csv', 'application/x-ndjson;q=0.5, text/html', 'text/html'),
  encoding: fc.constantFrom('identity', 'gzip', 'br', 'gzip;q=0, br', '*'),
  /** Of the previous answer to the same path and query. */
  known: fc.constantFrom('nothing', 'nothing', 'last', 'weak', '*', '"other"'),
  token: fc.constantFrom(undefined, 'Token reader', 'Token reader', 'Token other'),
});
const anyStep = fc.oneof(
  { weight: 12, arbitrary: anyRequest },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const), id: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), id: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('token' as const), isValid: fc.boolean() }) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer Each> ? Each : never;
type AnyRequest = Extract<Step, { kind: 'request' }>;

async function ask({ url }: Side, request: AnyRequest, etag: string | undefined) {
  const { method, path, id, query, accept, encoding, known, token } = request;
  const tags: Readonly<Record<string, string | undefined>> = {
    nothing: undefined,
    last: etag,
    weak: etag && `W/${etag}`,
  };
  const tag = known in tags ? tags[known] : known;
  const response = await fetch(`${url}${path}${id}${query}`, {
    method,
    headers: {
      'Accept-Encoding': encoding,
      ...(accept && { Accept: accept }),
      ...(tag && { 'If-None-Match': tag }),
      ...(token && { Authorization: token }),
    },
  });
  const headers = Object.fromEntries(response.headers);
  const body = (await response.text()).replaceAll(headers['x-request-id'] ?? '-', 'ID');
  for (const name of ['x-request-id', 'date']) delete headers[name];
  return { status: response.status, headers, body };
}

function change(world: World, step: Exclude<Step, AnyRequest>): void {
  if (step.kind === 'token') world.isTokenValid = step.isValid;
  else if (step.kind === 'remove') world.versions.delete(step.id);
  else world.versions.set(step.id, (world.versions.get(step.id) ?? 0) + 1);
}

describe('answers to equal requests', () => {
  it('are those of the handler: status, headers, body, and what is counted', async () => {
    let repeated = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 30, maxLength: 60 }), async (steps) => {
        const world: World = { versions: new Map([1, 2, 3].map((id) => [id, 1])), isTokenValid: true };
        const sides = [await startSide(world, false), await startSide(world, true)] as const;
        const [repeating, ordinary] = sides;
        try {
          const etags = new Map<string, string>();
          for (const step of steps) {
            if (step.kind !== 'request') {
              change(world, step);
              continue;
            }
            const name = step.path + step.id + step.query;
            const expected = await ask(ordinary, step, etags.get(name));
            // The first of two equal requests may be the one that is handled.
            for (let i = 0; i < 2; i++) assert.deepEqual(await ask(repeating, step, etags.get(name)), expected);
            assert.deepEqual(await ask(ordinary, step, etags.get(name)), expected);
            const { etag } = expected.headers;
            if (etag !== undefined) etags.set(name, etag);
          }
          assert.deepEqual(repeating.observed, ordinary.observed);
          assert.deepEqual(repeating.use(), ordinary.use());
          repeated += ordinary.handled.count - repeating.handled.count;
        } finally {
          for (const side of sides) await side.stop();
        }
      }),
      runs(15),
    );
    assert.ok(repeated > 50, `only ${repeated} requests were answered without their handler`);
  });
});
