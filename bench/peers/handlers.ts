import { createServer, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { ERRORS, ServiceError } from '../../app/errors.js';
import { toBirthdays, toTownPercentiles } from './answers.js';
import type { Store } from './store.js';
import { validChanges, validImport } from './validation.js';

type Answer = { status: number; json: string };
type Handle = (store: Store, importId: number, citizenId: number, request: IncomingMessage) => Promise<Answer>;

const ok = (data: unknown): Answer => ({ status: 200, json: JSON.stringify({ data }) });

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse((await buffer(request)).toString());
  } catch {
    throw new ServiceError('MALFORMED_JSON', 'The body is not JSON.');
  }
}

const HANDLERS: readonly [method: string, path: RegExp, handle: Handle][] = [
  [
    'POST',
    /^\/imports$/,
    async (store, _importId, _citizenId, request) => {
      const import_id = await store.createImport(validImport(await jsonBody(request)));
      return { status: 201, json: JSON.stringify({ data: { import_id } }) };
    },
  ],
  [
    'PATCH',
    /^\/imports\/(\d+)\/citizens\/(\d+)$/,
    async (store, importId, citizenId, request) =>
      ok(await store.patchCitizen(importId, citizenId, validChanges(citizenId, await jsonBody(request)))),
  ],
  [
    'GET',
    /^\/imports\/(\d+)\/citizens$/,
    async (store, importId) => ({ status: 200, json: await store.listCitizens(importId) }),
  ],
  [
    'GET',
    /^\/imports\/(\d+)\/citizens\/birthdays$/,
    async (store, importId) => ok(toBirthdays(await store.countPresents(importId))),
  ],
  [
    'GET',
    /^\/imports\/(\d+)\/towns\/stat\/percentile\/age$/,
    async (store, importId) => ok(toTownPercentiles(await store.countAges(importId))),
  ],
  [
    'POST',
    /^\/settle$/,
    async (store) => {
      await store.settle?.();
      return ok(null);
    },
  ],
];

function answer(store: Store, request: IncomingMessage): Promise<Answer> {
  for (const [method, path, handle] of HANDLERS) {
    if (method !== request.method) continue;
    const match = path.exec(request.url ?? '');
    if (match !== null) return handle(store, Number(match[1]), Number(match[2]), request);
  }
  return Promise.resolve({ status: 404, json: '{}' });
}

function refusal(reason: unknown): Answer {
  if (reason instanceof ServiceError) {
    const { code, message, violations } = reason;
    return { status: ERRORS[code].status, json: JSON.stringify({ code, detail: message, errors: violations }) };
  }
  process.stderr.write(`${(reason as Error).stack}\n`);
  return { status: 500, json: '{"code":"INTERNAL"}' };
}

/** The five handlers as plainly as node:http allows: no framework, and nothing kept between requests. */
export function createPeer(store: Store): Server {
  return createServer(async (request, response) => {
    const { status, json } = await answer(store, request).catch(refusal);
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(json) };
    response.writeHead(status, headers).end(json);
  });
}
