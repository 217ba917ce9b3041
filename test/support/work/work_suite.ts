import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before } from 'node:test';
import type { Client } from '../../../app/db/client.js';
import { closeClients, connectClient, connectExecutor } from '../db/db_client.js';
import { type ExternalPair, startPair } from '../db/external.js';
import { makeFolder } from '../folder.js';
import { type RpcCaller, rpcCaller } from '../http/rpc.js';
import { addUser, type Caller, callerWith, logInAs, readAdminToken } from '../users.js';
import { createHandExecutor, type HandExecutor } from './hand_executor.js';

/** Scripts for SVODKA_SCRIPT_DIR, by their path. */
export function makeScriptDir(files: Readonly<Record<string, string>>): string {
  const folder = makeFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export type Person = Caller & { rpc: RpcCaller; name: string };

export type WorkSuite = {
  readonly url: string;
  readonly pair: ExternalPair;
  readonly db: Client;
  /** With the rights of executors. */
  readonly executorDb: Client;
  /** A registered user with the role `user`. */
  readonly gomer: Person;
  readonly operator: Person;
  readonly admin: Person;
  readonly executor: HandExecutor;
  /** Registers another user. */
  add(name: string, roles: readonly string[]): Promise<Person>;
};

/** A service without executors, and a Tarantool from which the test takes jobs. Use the result only within tests. */
export function useWork(env: Record<string, string> = {}): WorkSuite {
  let pair: ExternalPair | undefined;
  let parts: Omit<WorkSuite, 'pair' | 'url' | 'add'> | undefined;
  const running = (): ExternalPair => {
    if (pair === undefined) throw new Error('the service runs only while the tests of its suite do');
    return pair;
  };
  const person = (name: string, caller: Caller): Person => ({
    ...caller,
    name,
    rpc: rpcCaller(running().service.url, caller.token),
  });
  const ready = () => parts as NonNullable<typeof parts>;

  before(async () => {
    pair = await startPair({}, env);
    const { url, dataDir } = pair.service;
    const db = await connectClient({ address: pair.tarantool.address });
    const admin = callerWith(url, readAdminToken(dataDir));
    const executorDb = await connectExecutor({ address: pair.tarantool.address });
    parts = {
      db,
      executorDb,
      admin: person('admin', admin),
      gomer: person('gomer', await logInAs(url, 'gomer')),
      operator: person('burns', await addUser(url, admin, 'burns', ['operator'])),
      executor: createHandExecutor(executorDb),
    };
  });
  after(async () => {
    await closeClients();
    await pair?.stop();
  });

  return {
    get url() {
      return running().service.url;
    },
    get pair() {
      return running();
    },
    get db() {
      return ready().db;
    },
    get executorDb() {
      return ready().executorDb;
    },
    get gomer() {
      return ready().gomer;
    },
    get operator() {
      return ready().operator;
    },
    get admin() {
      return ready().admin;
    },
    get executor() {
      return ready().executor;
    },
    add: async (name, roles) => person(name, await addUser(running().service.url, ready().admin, name, roles)),
  };
}
