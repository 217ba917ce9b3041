import { type Client, type ClientOptions, createClient } from '../../../app/db/client.js';
import { deriveExecutorPassword } from '../../../app/db/passwords.js';
import { ServiceError } from '../../../app/errors.js';

/** test/support/db/tarantool.ts */
const PASSWORD = 'for the tests';

type Rest = Partial<ClientOptions> & { address: ClientOptions['address'] };

const made = new Set<Client>();

/** A client with the access rights of the tests' Tarantool; closeClients() closes it. */
export function makeClient(options: Rest): Client {
  const client = createClient({ user: 'svodka', password: PASSWORD, ...options });
  made.add(client);
  return client;
}

/** The same, already connected. */
export async function connectClient(options: Rest): Promise<Client> {
  const client = makeClient(options);
  await client.whenReady(10_000);
  return client;
}

/** The same with the access rights of executors. */
export function connectExecutor(options: Rest): Promise<Client> {
  return connectClient({ user: 'svodka_executor', password: deriveExecutorPassword(PASSWORD), ...options });
}

/** For `afterEach`: closes the clients of tests that failed early. */
export async function closeClients(): Promise<void> {
  await Promise.all([...made].map((client) => client.close(0)));
  made.clear();
}

/** 'ok', or the code of the ServiceError that a call failed with. Other errors are rethrown. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (reason) {
    if (reason instanceof ServiceError) return reason.code;
    throw reason;
  }
}
