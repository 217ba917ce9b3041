import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../test/support/folder.js';
import { BOUNDARY, caseBody, sendForm } from '../../test/support/traffic/case_form.js';
import { makePhoto } from '../../test/support/traffic/photos.js';
import { addViolation, recordFor } from '../../test/support/traffic/traffic_suite.js';
import { type Caller, callerWith, readAdminToken } from '../../test/support/users.js';
import { requestsPerSecond } from '../load.js';
import { compare, quantile, type Result, repeatUntil, round, type Scenario } from '../measure.js';
import { type ProbedService, startProbedService } from '../probed_service.js';
import { startBareServer } from '../processes.js';

const PHOTO_BYTES = 200_000;
const CONNECTIONS = 16;
const UPLOADS = 64;
const UPLOAD_BYTES = 16 * 1024 * 1024;
const SAMPLE_MS = 20;
const ROUNDS = 5;
const WARM_UPS = 2;
const MEANWHILE_SECONDS = 10;

/** A wrk script that sends the same record with a new photo each time: the first bytes of its content are a number. */
function photoScript(metadata: string): string {
  const photo = makePhoto(PHOTO_BYTES, 'image/png');
  const marked = Buffer.concat([photo.subarray(0, 8), Buffer.from('NUMBER0123456789'), photo.subarray(24)]);
  const body = caseBody(marked, metadata);
  const at = body.indexOf('NUMBER0123456789');
  const file = join(makeFolder(), 'body');
  writeFileSync(file, body);
  return `
    local file = io.open(${JSON.stringify(file)}, 'rb')
    local body = file:read('*a')
    local head, tail = body:sub(1, ${at}), body:sub(${at + 16 + 1})
    wrk.method = 'POST'
    wrk.headers['Content-Type'] = 'multipart/form-data; boundary=${BOUNDARY}'
    math.randomseed(os.time() + math.floor(os.clock() * 1e6))
    local count = math.random(1, 2 ^ 30)
    function request()
      count = count + 1
      return wrk.format(nil, nil, nil, head .. string.format('%016d', count) .. tail)
    end`;
}

function writtenBytes(pid: number): number {
  return Number(/write_bytes: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]);
}

function cpuMs(pid: number): number {
  // The main thread, which is the TX thread.
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
}

async function peakRss(service: ProbedService, work: () => Promise<unknown>): Promise<number> {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, service.rssBytes());
  }, SAMPLE_MS);
  await work();
  clearInterval(timer);
  return most;
}

type Camera = { service: ProbedService; admin: Caller; token: string; record: Record<string, unknown> };

/** A fresh service with a camera, which has sent a case. */
async function startWithCamera(): Promise<Camera> {
  const service = await startProbedService();
  const admin = callerWith(service.url, readAdminToken(service.dataDir));
  const violationId = await addViolation(service.db, 'speeding');
  const GPScoords = { latitude: 55.7, longitude: 37.6 };
  const { body: cameraId } = await admin.send<string>('POST', '/cameras/regist', { GPScoords, CameraType: 'camerus1' });
  const { body } = await admin.send<{ token: string }>('POST', `/cameras/${cameraId}/token`);
  const record = recordFor('camerus1', cameraId, violationId);
  await sendForm(service.url, body.token, { photo: makePhoto(), metadata: record });
  return { service, admin, token: body.token, record };
}

async function photos(): Promise<Result[]> {
  const { service, admin, token, record } = await startWithCamera();
  const { tarantoolPid } = service;
  const bare = await startBareServer('photos', makeFolder());
  const header = `Authorization: Token ${token}`;
  const load = { connections: CONNECTIONS, script: photoScript(JSON.stringify(record)), seconds: 2, header };
  const countCases = async () => {
    const { body: counts } = await admin.get<{ cases: number }[]>('/cases/stats');
    return counts.reduce((sum, { cases }) => sum + cases, 0);
  };
  await service.stalls();
  const before = { cases: await countCases(), cpu: cpuMs(tarantoolPid), written: writtenBytes(tarantoolPid) };
  const rates = await compare(
    () => requestsPerSecond({ ...load, url: `${service.url}/cameras/case` }),
    () => requestsPerSecond({ ...load, url: bare.url }),
    ROUNDS,
    WARM_UPS,
  );
  const stored = (await countCases()) - before.cases;
  const txMs = (cpuMs(tarantoolPid) - before.cpu) / stored;
  const aByte = (writtenBytes(tarantoolPid) - before.written) / (stored * PHOTO_BYTES);
  const stalls = await service.stalls();
  await bare.stop();
  await service.stop();
  const what = `${CONNECTIONS} connections, photos of ${PHOTO_BYTES / 1_000} KB, durable`;
  return [
    {
      name: 'photos',
      what: `${what}: cases a second against bare Koa that writes files with fsync`,
      target: { atLeast: 0.5 },
      value: rates.ratio,
      unit: 'ratio',
      figures: `${round(rates.ours)}/s against ${round(rates.yardstick)}/s; ${round(aByte)} bytes written for a byte`,
    },
    {
      name: 'photos',
      what: `${what}: time of the TX thread for a case`,
      target: undefined,
      value: txMs,
      unit: 'ms',
      figures: `longest wait of another fiber ${round(stalls.longestMs)} ms, p99 ${round(stalls.p99Ms)} ms`,
    },
    await uploadMemory(),
  ];
}

async function uploadMemory(): Promise<Result> {
  const { service, token, record } = await startWithCamera();
  const photo = makePhoto(UPLOAD_BYTES);
  const idleRss = service.rssBytes();
  const most = await peakRss(service, () =>
    Promise.all(
      Array.from({ length: UPLOADS }, async (_, i) => {
        const own = Buffer.from(photo);
        own.writeUInt32BE(i, 100);
        const { status, text } = await sendForm(service.url, token, { photo: own, metadata: record });
        if (status !== 201) throw new Error(text);
      }),
    ),
  );
  await service.stop();
  return {
    name: 'photos',
    what: `${UPLOADS} photos of 16 MiB at once: memory of the service above idle`,
    target: { atMost: 400 },
    value: (most - idleRss) / 1e6,
    unit: 'MB',
    figures: `${round(idleRss / 1e6)} MB when idle`,
  };
}

/** The latency of other requests while cameras send photos. */
async function underPhotos(): Promise<Result[]> {
  const { service, admin, token, record } = await startWithCamera();
  const url = `${service.url}/cameras/case`;
  const script = photoScript(JSON.stringify(record));
  const send = (seconds: number) =>
    requestsPerSecond({ url, connections: CONNECTIONS, script, seconds, header: `Authorization: Token ${token}` });
  const small = () => admin.get('/cameras?limit=1');
  await Promise.all([send(2), repeatUntil(performance.now() + 2_000, small, 2)]);
  await service.stalls();
  await service.loopDelay();
  const sending = send(MEANWHILE_SECONDS);
  const reads = await repeatUntil(performance.now() + MEANWHILE_SECONDS * 1_000, small, 2);
  const rate = await sending;
  const stalls = await service.stalls();
  const loop = await service.loopDelay();
  await service.stop();
  const meanwhile = `while ${CONNECTIONS} connections send photos of ${PHOTO_BYTES / 1_000} KB`;
  return [
    {
      name: 'under-photos',
      what: `p99 of a small GET ${meanwhile}`,
      target: { atMost: 30 },
      value: quantile(reads, 0.99),
      unit: 'ms',
      figures: `${round(rate)} cases a second, ${reads.length} GETs, median ${round(quantile(reads, 0.5))} ms`,
    },
    {
      name: 'under-photos',
      what: `p99 of the event loop's delay ${meanwhile}`,
      target: { atMost: 20 },
      value: loop.p99Ms,
      unit: 'ms',
      figures: `longest ${round(loop.maxMs)} ms`,
    },
    {
      name: 'under-photos',
      what: `longest wait for the TX thread ${meanwhile}`,
      target: { atMost: 15 },
      value: stalls.longestMs,
      unit: 'ms',
      figures: `${stalls.count} waits, p99 ${round(stalls.p99Ms)} ms, seen by a fiber in Tarantool`,
    },
  ];
}

export const photoScenarios: Scenario[] = [
  { name: 'photos', run: photos },
  { name: 'under-photos', run: underPhotos },
];
