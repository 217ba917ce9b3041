import { setTimeout as sleep } from 'node:timers/promises';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { createRandom, makeCitizens } from '../../../app/census/demo/citizens.js';
import { citizen, listCitizens, relativesFaults } from '../census/citizens.js';
import { type Answer, type Problem, sendJson } from './http.js';

/** The number of citizens in the patched import; each patching client has its own share. */
const PATCHED_CITIZENS = 40;
const PATCHING_CLIENTS = 4;
const IMPORTING_CLIENTS = 4;
/** Three chunks: staged and published. */
const LARGE_IMPORT = 2500;
/** Pause after a 503. */
const PAUSE_MS = 20;

type Outcome = 'acknowledged' | 'refused' | 'unknown';

export type Load = {
  /** Eight clients post imports and send PATCHes until `stop`, which waits for their last answers. */
  run(url: string): { stop(): Promise<void> };
  acknowledgedCount(): number;
  /** The number of answers by status; `cut` counts missing answers. */
  statuses(): ReadonlyMap<number | 'cut', number>;
  /** Compares all stored data with the answers that clients received; returns a sentence for each violation. */
  faults(url: string, importIds: readonly number[]): Promise<string[]>;
};

/** A POST without an answer may have been stored; one with 503 was not, unless the answer says that this is unknown. */
function outcomeOf(answer: Answer<unknown> | undefined): Outcome {
  if (answer === undefined) return 'unknown';
  if (answer.status < 300) return 'acknowledged';
  return (answer.body as Problem).code === 'OUTCOME_UNKNOWN' ? 'unknown' : 'refused';
}

/** The citizens of import number `serial`; the first citizen's name contains that number. */
function importOf(serial: number): Citizen[] {
  const isLarge = serial % 3 === 0;
  const citizens = makeCitizens(isLarge ? LARGE_IMPORT : 5, isLarge ? 200 : 3, serial);
  (citizens[0] as Citizen).name = `import ${serial}`;
  return citizens;
}

/** Clients that record their answers. `patchedImportId` is an import of `patchedCitizens()`. */
export function createLoad(patchedImportId: number): Load {
  const outcomeOfImport = new Map<number, Outcome>();
  const serialOfId = new Map<number, number>();
  /** By citizen: the values its fields may have now; the first is the last acknowledged one. */
  const possibleSteps = new Map<number, number[]>();
  const statuses = new Map<number | 'cut', number>();
  const complaints: string[] = [];
  let nextSerial = 1;
  let nextStep = 1;
  let acknowledged = 0;

  async function send(method: string, url: string, body: unknown): Promise<Answer<unknown> | undefined> {
    const answer = await sendJson(method, url, body).catch(() => undefined);
    const status = answer?.status ?? 'cut';
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (outcomeOf(answer) === 'acknowledged') acknowledged++;
    else await sleep(PAUSE_MS);
    if (answer?.status === 503 && !/^\d+$/.test(answer.headers.get('Retry-After') ?? '')) {
      complaints.push(`a 503 without Retry-After: ${answer.text}`);
    }
    return answer;
  }

  async function postOne(url: string): Promise<void> {
    const serial = nextSerial++;
    const answer = await send('POST', `${url}/imports`, { citizens: importOf(serial) });
    outcomeOfImport.set(serial, outcomeOf(answer));
    if (answer?.status === 201) {
      serialOfId.set((answer.body as { data: { import_id: number } }).data.import_id, serial);
    }
  }

  async function patchOne(url: string, client: number, random: () => number): Promise<void> {
    const own = Math.floor(random() * (PATCHED_CITIZENS / PATCHING_CLIENTS)) * PATCHING_CLIENTS + client + 1;
    const step = nextStep++;
    const others = Array.from({ length: PATCHED_CITIZENS }, (_, place) => place + 1).filter((id) => id !== own);
    const relatives = others.filter(() => random() < 0.1);
    const outcome = outcomeOf(
      await send('PATCH', `${url}/imports/${patchedImportId}/citizens/${own}`, {
        apartment: step,
        name: `step ${step}`,
        town: `Т${step % 5}`,
        birth_date: `01.${String(1 + (step % 12)).padStart(2, '0')}.${1930 + (step % 70)}`,
        ...(random() < 0.5 ? { relatives } : {}),
      }),
    );
    if (outcome === 'acknowledged') possibleSteps.set(own, [step]);
    if (outcome === 'unknown') possibleSteps.get(own)?.push(step);
  }

  function importFaults(importId: number, stored: readonly Citizen[]): string[] {
    const serial = Number(/^import (\d+)$/.exec(stored[0]?.name ?? '')?.[1]);
    const outcome = outcomeOfImport.get(serial);
    const isWhole = JSON.stringify(stored) === JSON.stringify(importOf(serial));
    return [
      ...(outcome === undefined ? [`import ${importId} is nobody's`] : []),
      ...(outcome === 'refused' ? [`import ${importId} was refused and is there`] : []),
      ...(isWhole ? [] : [`import ${importId} is not what was sent: ${stored.length} citizens`]),
      ...(serialOfId.has(importId) && serialOfId.get(importId) !== serial ? [`import ${importId} is another one`] : []),
    ];
  }

  function patchFaults(stored: readonly Citizen[]): string[] {
    const faults = relativesFaults(stored);
    for (const { citizen_id: id, apartment, name } of stored) {
      if (name !== `step ${apartment}`) faults.push(`citizen ${id} has half a PATCH: ${apartment}, ${name}`);
      const possible = possibleSteps.get(id) ?? [];
      if (!possible.includes(apartment)) faults.push(`citizen ${id} is at step ${apartment}, not at ${possible}`);
    }
    return faults;
  }

  for (const { citizen_id: id, apartment } of patchedCitizens()) possibleSteps.set(id, [apartment]);

  return {
    acknowledgedCount: () => acknowledged,
    statuses: () => statuses,
    run(url) {
      let goesOn = true;
      const repeat = async (work: () => Promise<void>) => {
        while (goesOn) await work();
      };
      const clients = [
        ...Array.from({ length: IMPORTING_CLIENTS }, () => repeat(() => postOne(url))),
        ...Array.from({ length: PATCHING_CLIENTS }, (_, client) => {
          const random = createRandom(nextStep + client);
          return repeat(() => patchOne(url, client, random));
        }),
      ];
      return {
        async stop() {
          goesOn = false;
          await Promise.all(clients);
        },
      };
    },
    async faults(url, importIds) {
      const faults = [...complaints];
      const missing = [...serialOfId.keys()].filter((id) => !importIds.includes(id));
      if (missing.length > 0) faults.push(`imports ${missing} were acknowledged and are gone`);
      for (const importId of importIds) {
        const stored = await listCitizens(url, importId);
        faults.push(...(importId === patchedImportId ? patchFaults(stored) : importFaults(importId, stored)));
      }
      return faults;
    },
  };
}

/** The initial citizens of the patched import, all at step 0. */
export function patchedCitizens(): Citizen[] {
  return Array.from({ length: PATCHED_CITIZENS }, (_, place) => citizen(place + 1, { apartment: 0, name: 'step 0' }));
}
