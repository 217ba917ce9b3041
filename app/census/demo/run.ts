import Table from 'cli-table3';
import { makeCitizens } from './citizens.js';

const CITIZENS = 10_000;
const PAIRS = 1_000;
/** Without colours, because the output may go to a file. */
const STYLE = { head: [], border: [] };

type Timed<Data> = { data: Data; tookMs: number };

async function ask<Data>(url: string, init?: RequestInit): Promise<Timed<Data>> {
  const startedAt = performance.now();
  const response = await fetch(url, init);
  const text = await response.text();
  const tookMs = Math.round(performance.now() - startedAt);
  if (!response.ok) throw new Error(`${init?.method ?? 'GET'} ${url} answered ${response.status}: ${text}`);
  return { data: JSON.parse(text).data, tookMs };
}

function sendJson(method: string, body: unknown): RequestInit {
  return { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

/** Posts the sample over HTTP, sends each kind of query about it, and prints the answers with their times. */
export async function runDemo(url: string): Promise<void> {
  const citizens = makeCitizens(CITIZENS, PAIRS);
  const imported = await ask<{ import_id: number }>(`${url}/imports`, sendJson('POST', { citizens }));
  const importUrl = `${url}/imports/${imported.data.import_id}`;
  const patched = await ask<object>(`${importUrl}/citizens/1`, sendJson('PATCH', { town: 'Керчь', relatives: [2] }));
  const listed = await ask<object[]>(`${importUrl}/citizens`);
  const birthdays = await ask<Record<string, { presents: number }[]>>(`${importUrl}/citizens/birthdays`);
  const towns = await ask<Record<string, string | number>[]>(`${importUrl}/towns/stat/percentile/age`);

  const times = new Table({ head: ['what', 'took, ms'], style: STYLE });
  times.push(
    [`POST /imports: ${CITIZENS} citizens, import ${imported.data.import_id}`, imported.tookMs],
    ['PATCH of citizen 1: town and relatives', patched.tookMs],
    [`GET of all ${listed.data.length} citizens`, listed.tookMs],
    ['GET presents by month', birthdays.tookMs],
    ['GET age percentiles by town', towns.tookMs],
  );
  const months = new Table({ head: ['month', 'who give', 'presents'], style: STYLE });
  for (const [month, givers] of Object.entries(birthdays.data)) {
    months.push([month, givers.length, givers.reduce((sum, { presents }) => sum + presents, 0)]);
  }
  const ages = new Table({ head: ['town', 'p50', 'p75', 'p99'], style: STYLE });
  for (const { town, p50, p75, p99 } of towns.data) ages.push([town, p50, p75, p99]);
  process.stdout.write(`\n${times}\n\nPresents by month\n${months}\n\nAges by town\n${ages}\n\n`);
  process.stdout.write(`The sample stays: ${importUrl}/citizens. Ctrl-C stops Svodka.\n\n`);
}
