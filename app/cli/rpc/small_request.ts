import { LostError, readJson } from '../connection.js';
import { lossOf, type RpcClient, refusalOf } from './rpc_client.js';

/** A list of a million files takes about 150 MB. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/**
 * The JSON that a request without a body is answered with. @throws CommandError unless its status is from 200 to 299
 */
export async function smallRequest(client: RpcClient, method: 'GET' | 'DELETE', path: string): Promise<unknown> {
  try {
    const message = await client.connection.send({ method, path });
    const { statusCode: status = 0 } = message;
    const content = await readJson(message, MAX_ANSWER_BYTES).catch((reason) => {
      throw new LostError(reason, true);
    });
    if (status >= 200 && status < 300) return content;
    throw refusalOf(status, content, client.url);
  } catch (reason) {
    throw reason instanceof LostError ? lossOf(reason, 'the request was answered', client) : reason;
  }
}
