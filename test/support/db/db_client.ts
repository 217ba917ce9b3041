import { type Client, type ClientOptions, createClient } from '../../../app/db/client.js';
import { ServiceError } from '../../../app/errors.js';

type Rest = Partial<ClientOptions> & { address: ClientOptions['address'] };

const made = new Set<Client>();

/** A client with the rights of the tests' Tarantool, closed by closeClients(). */
export function makeClient(options: Rest): Client {
  const client = createClient({ user: 'svodka', password: 'for the tests', ...options });
  made.add(client);
  return client;
}

/** The same, connected. */
export async function connectClient(options: Rest): Promise<Client> {
  const client = makeClient(options);
  await client.whenReady(10_000);
  return client;
}

/** For `afterEach`: a test that failed midway leaves no client behind. */
export async function closeClients(): Promise<void> {
  await Promise.all([...made].map((client) => client.close(0)));
  made.clear();
}

/** 'ok', or the code of the error that a call ended with. What is no ServiceError is thrown on. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (reason) {
    if (reason instanceof ServiceError) return reason.code;
    throw reason;
  }
}
