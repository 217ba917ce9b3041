import autocannon from 'autocannon';

export type Load = {
  url: string;
  connections: number;
  method?: 'GET' | 'PATCH';
  body?: string;
  seconds?: number;
};

/** Requests a second that are answered with 2xx, over that many connections. @throws when anything else comes back */
export async function requestsPerSecond({
  url,
  connections,
  method = 'GET',
  body,
  seconds = 2,
}: Load): Promise<number> {
  const result = await autocannon({
    url,
    connections,
    method,
    duration: seconds,
    ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} bad answers and ${result.errors} errors from ${url}`);
  }
  return result['2xx'] / result.duration;
}
