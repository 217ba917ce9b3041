import type { IncomingMessage } from 'node:http';
import { PROBLEM_TYPE, toProblem, toServiceError } from '../../../app/http/problem.js';
import { createHttpServer, type HttpServerOptions } from '../../../app/http/server.js';

export type BodyServer = { port: number; stop(): Promise<void> };

/** A real server that passes each request to `take` and answers `{result}`, or the problem that was thrown. */
export async function startBodyServer(
  take: (request: IncomingMessage) => Promise<unknown>,
  options: HttpServerOptions = {},
): Promise<BodyServer> {
  const server = createHttpServer(async (request, response) => {
    try {
      const text = JSON.stringify({ result: await take(request) });
      response.writeHead(200, { 'Content-Length': Buffer.byteLength(text) }).end(text);
    } catch (reason) {
      const problem = toProblem(toServiceError(reason), 'none');
      const text = JSON.stringify(problem);
      response.writeHead(problem.status, { 'Content-Type': PROBLEM_TYPE, 'Content-Length': Buffer.byteLength(text) });
      response.end(text);
    }
  }, options);
  return { port: await server.listen('127.0.0.1', 0), stop: () => server.stop(0) };
}
