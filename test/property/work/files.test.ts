import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { ServiceError } from '../../../app/errors.js';
import { UNCOUNTED } from '../../../app/http/bodies/body_budget.js';
import { createHolds } from '../../../app/siblings/holds.js';
import { createHasher } from '../../../app/work/files/hashing/hasher.js';
import { parseFilePath, parsePrefix } from '../../../app/work/files/model/file_path.js';
import type { Incoming } from '../../../app/work/files/receiving.js';
import type { FileRow } from '../../../app/work/files/schema.js';
import { createFilesService, type FilesService } from '../../../app/work/files/service.js';
import { makeFolder } from '../../support/folder.js';
import { runs } from '../../support/random.js';
import { sha256Of } from '../../support/work/file_client.js';

const hasher = createHasher();
after(() => hasher.close());

async function createService(): Promise<FilesService> {
  const service = createFilesService({
    root: makeFolder(),
    hasher,
    holds: createHolds(),
    log: pino({ level: 'silent' }),
  });
  await service.start();
  return service;
}

function cutOff(): ServiceError {
  return new ServiceError('BODY_CUT_OFF', 'as the reader of bodies says');
}

/** A body that arrives in windows, and breaks off after `arriving` of its bytes. */
function incoming(path: string, body: Buffer, options: Partial<Incoming> & { arriving?: number } = {}): Incoming {
  const { arriving = body.length, ...rest } = options;
  async function* windows() {
    for (let at = 0; at < arriving; at += 7_000) yield Buffer.from(body.subarray(at, Math.min(at + 7_000, arriving)));
    if (arriving < body.length) throw cutOff();
  }
  return {
    user: 'u',
    path: path.split('/'),
    part: undefined,
    length: body.length,
    contentDigest: undefined,
    reprDigest: undefined,
    precondition: undefined,
    windows: windows(),
    account: UNCOUNTED,
    endReading: () => {},
    ...rest,
  };
}

async function codeFrom(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (reason) {
    assert.ok(reason instanceof ServiceError, String(reason));
    return reason.code;
  }
}

async function contentOf(service: FilesService, path: string): Promise<Buffer | undefined> {
  const opened = await service.open(path.split('/'));
  if (opened === undefined) return undefined;
  const content = await opened.file.readFile();
  await opened.file.close();
  assert.equal(opened.sha256, sha256Of(content), path);
  assert.equal(opened.row.size, content.length);
  return content;
}

const PATHS = ['a', 'b', 'd/a', 'd/e/a', 'd/e', 'a/b'];
const anyPath = fc.constantFrom(...PATHS);
const anyBody = fc.tuple(fc.nat(40_000), fc.nat(99)).map(([bytes, seed]) => Buffer.alloc(bytes, `${seed} `));

/** What a tree of files allows, in the plainest way. */
function createModel() {
  const files = new Map<string, Buffer>();
  const isFolder = (path: string) => [...files.keys()].some((other) => other.startsWith(`${path}/`));
  const isBelowFile = (path: string) => [...files.keys()].some((other) => path.startsWith(`${other}/`));
  return {
    files,
    put(path: string, body: Buffer): string {
      if (isFolder(path) || isBelowFile(path)) return 'FILE_IN_THE_WAY';
      files.set(path, body);
      return 'done';
    },
    remove: (path: string) => (files.delete(path) ? 'done' : 'FILE_NOT_FOUND'),
  };
}

type Step =
  | { kind: 'put'; path: string; body: Buffer }
  | { kind: 'break'; path: string; body: Buffer }
  | { kind: 'wrong'; path: string; body: Buffer }
  | { kind: 'ifAbsent'; path: string; body: Buffer }
  | { kind: 'remove'; path: string };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('put', 'break', 'wrong', 'ifAbsent'), path: anyPath, body: anyBody }),
  fc.record({ kind: fc.constant('remove' as const), path: anyPath }),
);

describe('files, against a map of paths', () => {
  it('are those that were stored whole and not removed, whatever was refused or broke off between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
        const service = await createService();
        const model = createModel();
        const run = (step: Step): Promise<unknown> => {
          if (step.kind === 'remove') return service.remove(step.path.split('/'), undefined);
          const { kind, path, body } = step;
          if (kind === 'break')
            return service.receive(incoming(path, body, { arriving: Math.max(0, body.length - 1) }));
          if (kind === 'wrong') return service.receive(incoming(path, body, { contentDigest: Buffer.alloc(32) }));
          const precondition = kind === 'ifAbsent' ? { ifMatch: undefined, ifNoneMatch: '*' } : undefined;
          return service.receive(incoming(path, body, { precondition }));
        };
        const expected = (step: Step): string => {
          if (step.kind === 'remove') return model.remove(step.path);
          if (step.kind === 'wrong') return 'DIGEST_MISMATCH';
          if (step.kind === 'break' && step.body.length > 0) return 'BODY_CUT_OFF';
          if (step.kind === 'ifAbsent' && model.files.has(step.path)) return 'PRECONDITION_FAILED';
          return model.put(step.path, step.body);
        };
        for (const step of steps) assert.equal(await codeFrom(run(step)), expected(step), JSON.stringify(step.kind));
        for (const path of PATHS) assert.deepEqual(await contentOf(service, path), model.files.get(path));
        for (const prefix of ['', 'a', 'd', 'd/', 'd/e', 'x/y']) {
          const parsed = parsePrefix(prefix);
          assert.ok(!('code' in parsed));
          const rows: FileRow[] = [];
          for await (const row of service.list(parsed.folders, parsed.start)) rows.push(row);
          const stored = [...model.files]
            .filter(([path]) => path.startsWith(prefix))
            .sort(([a], [b]) => (a < b ? -1 : 1));
          assert.deepEqual(
            rows.map(({ path, size, etag }) => [path, size, etag]),
            stored.map(([path, body]) => [path, body.length, `"${sha256Of(body)}"`]),
          );
        }
        service.stop();
      }),
      runs(15),
    );
  });
});

/**
 * One client: sends its content in parts that break off at random, asks where to go on, until the file is whole. `cuts`:
 * shares of the content in hundredths, so that a long one takes no more parts than a short one; 0 is all that is left.
 */
async function upload(service: FilesService, path: string, body: Buffer, cuts: readonly number[]): Promise<void> {
  const reprDigest = Buffer.from(sha256Of(body), 'hex');
  let offset = 0;
  for (let attempt = 0; ; attempt++) {
    assert.ok(attempt < 1_000, 'the upload makes no progress');
    const cut = cuts[attempt % cuts.length] as number;
    const bytes = cut === 0 ? body.length : Math.ceil((cut * body.length) / 100);
    const last = Math.min(body.length, offset + bytes) - 1;
    const part = { first: offset, last, total: body.length };
    const sent = body.subarray(offset, last + 1);
    const arriving = attempt % 3 === 2 && attempt < 12 ? Math.floor(sent.length / 2) : sent.length;
    try {
      const received = await service.receive(incoming(path, sent, { part, length: sent.length, reprDigest, arriving }));
      if (!('offset' in received)) {
        assert.equal(received.row.etag, `"${sha256Of(body)}"`);
        return;
      }
      offset = received.offset;
    } catch (reason) {
      assert.ok(
        reason instanceof ServiceError && ['BODY_CUT_OFF', 'UPLOAD_OUT_OF_STEP'].includes(reason.code),
        `${reason}`,
      );
      const stored = (await service.uploadOffset('u', path.split('/'))) ?? 0;
      offset = reason.code === 'UPLOAD_OUT_OF_STEP' || stored > body.length - 1 ? 0 : stored;
    }
  }
}

describe('uploads of one path by several clients of one user', () => {
  it('all become whole, and each file that is ever seen is one that somebody sent', async () => {
    const anyClient = fc.record({ body: anyBody, cuts: fc.array(fc.nat(100), { minLength: 1, maxLength: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(anyClient, { minLength: 2, maxLength: 4 }), async (clients) => {
        const service = await createService();
        const sent = clients.filter(({ body }) => body.length > 0);
        const digests = new Set(sent.map(({ body }) => sha256Of(body)));
        let isOver = false;
        const reading = (async () => {
          while (!isOver) {
            const seen = await contentOf(service, 'd/f');
            assert.ok(seen === undefined || digests.has(sha256Of(seen)));
          }
        })();
        const ends = await Promise.allSettled(sent.map(({ body, cuts }) => upload(service, 'd/f', body, cuts)));
        isOver = true;
        await reading;
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
        const stored = await contentOf(service, 'd/f');
        assert.ok(sent.length === 0 || (stored !== undefined && digests.has(sha256Of(stored))));
        service.stop();
      }),
      runs(10),
    );
  });
});

describe('paths of files', () => {
  it('are taken apart into names that cannot leave the folder', () => {
    const anyName = fc.oneof(fc.constantFrom('.', '..', '', 'a', '.svodka', '\0', 'é', '\u0085', '\\'), fc.string());
    fc.assert(
      fc.property(fc.array(anyName, { minLength: 1, maxLength: 5 }), (names) => {
        const path = names.join('/');
        const parsed = parseFilePath(path);
        if (!Array.isArray(parsed)) return;
        assert.equal(parsed.join('/'), path);
        assert.notEqual(parsed[0], '.svodka');
        for (const name of parsed) {
          assert.ok(name !== '' && name !== '.' && name !== '..');
          assert.ok([...name].every((character) => !/[\p{Cc}/]/u.test(character)));
        }
      }),
      runs(500),
    );
  });
});
