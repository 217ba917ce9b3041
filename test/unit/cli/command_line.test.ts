import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linesOf } from '../../../app/cli/lines.js';
import { createLines, eventText, progressText } from '../../../app/cli/progress.js';
import { isRetryable, pauseBeforeMs } from '../../../app/cli/retries.js';
import type { ImportEvent } from '../../../app/cli/svodka/import_events.js';
import { readEvents } from '../../../app/cli/svodka/import_events.js';
import { refusalText } from '../../../app/cli/svodka/refusal.js';
import { guessFromName } from '../../../app/cli/svodka/source.js';
import { violationsTable } from '../../../app/cli/svodka/violations_table.js';
import { fitWidths } from '../../../app/cli/terminal/fitted_table.js';
import { bytesText, clipped, counted, durationText, harmless } from '../../../app/cli/terminal/plain_text.js';

/** A text as a stream of pieces of `size` bytes, which may split characters. */
async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const gathered: Item[] = [];
  for await (const item of items) gathered.push(item);
  return gathered;
}

describe('text for a terminal', () => {
  const cases: [text: string, shown: string, reason: string][] = [
    ['Иванов "И." 🙂', 'Иванов "И." 🙂', 'what is harmless stays'],
    ['\u001b[31m', '\\u001b[31m', 'an escape'],
    ['\u009b31m', '\\u009b31m', 'the same in one character (C1)'],
    ['a\r\nb\tc\u007f', 'a\\u000d\\u000ab\\u0009c\\u007f', 'what moves the cursor'],
    ['\u202eabc\u2066', '\\u202eabc\\u2066', 'what turns the direction'],
    ['a\u2028b\u200db', 'a\\u2028b\\u200db', 'what is not seen'],
    ['\ud800', '\\ud800', 'half of a pair'],
    ['\u{e0041}', '\\udb40\\udc41', 'a tag character, as JSON writes it'],
  ];
  for (const [text, shown, reason] of cases) {
    it(`is made harmless, and inside JSON it means the same: ${reason}`, () => {
      assert.equal(harmless(text), shown);
      assert.equal(JSON.parse(harmless(JSON.stringify(text))), text);
    });
  }

  it('is clipped by characters, not by halves of them', () => {
    assert.equal(clipped('🙂🙂🙂', 3), '🙂🙂🙂');
    assert.equal(clipped('🙂🙂🙂🙂', 3), '🙂🙂…');
    assert.equal(clipped('x'.repeat(1_000_000), 3), 'xx…');
  });

  it('has numbers with their units', () => {
    assert.deepEqual([0, 999, 1000, 2_493_021, 999_949, 999_950, 4e9].map(bytesText), [
      '0 bytes',
      '999 bytes',
      '1.0 kB',
      '2.5 MB',
      '999.9 kB',
      '1.0 MB',
      '4.0 GB',
    ]);
    assert.deepEqual([80, 9_994, 9_996, 59_600, 185_000, 7_800_000].map(durationText), [
      '0.08 s',
      '9.99 s',
      '10 s',
      '1 min 00 s',
      '3 min 05 s',
      '2 h 10 min',
    ]);
    assert.deepEqual([counted(1, 'citizen'), counted(10_000, 'citizen')], ['1 citizen', '10,000 citizens']);
  });
});

describe('the format of a file', () => {
  const cases: [name: string, guess: ReturnType<typeof guessFromName>][] = [
    ['a.json', { format: 'json' }],
    ['/x.csv/a.b.NDJSON', { format: 'ndjson' }],
    ['a.jsonl.gz', { format: 'ndjson', encoding: 'gzip' }],
    ['a.csv.br', { format: 'csv', encoding: 'br' }],
    ['a.json.zst', { format: 'json', encoding: 'zstd' }],
    ['a.gz', { encoding: 'gzip' }],
    ['a.gz.json', { format: 'json' }],
    ['json', {}],
    ['a.constructor', {}],
    ['a.txt', {}],
  ];
  for (const [name, guess] of cases) {
    it(`is told by the name ${name}: ${JSON.stringify(guess)}`, () => assert.deepEqual(guessFromName(name), guess));
  }
});

describe('what comes from the service', () => {
  it('is parted into lines at line feeds alone, wherever the pieces end', async () => {
    const text = 'один\r\n\n"\u2028"\nlast';
    for (const size of [1, 2, 3, 100]) {
      assert.deepEqual(await all(linesOf(inPieces(text, size))), ['один\r', '', '"\u2028"', 'last']);
    }
    await assert.rejects(all(linesOf(inPieces('x'.repeat(3_000_000), 65_536))), /too long/);
  });

  it('is read as events; heartbeats, unknown ones and nonsense are left out', async () => {
    const stored = { import_id: 7, state: 'staging', citizens: 3000, bytes: null };
    const text = [
      `event: progress\ndata: ${JSON.stringify(stored)}\n\n`,
      ':\n\n',
      'event: other\ndata: {}\n\nevent: progress\ndata: nonsense\n\nevent: progress\ndata: {"import_id":"7"}\n\n',
      `event: progress\r\ndata:${JSON.stringify({ ...stored, state: 'published', bytes: 5 })}\r\n\r\n`,
      'event: gone\ndata: {"import_id":7}\n\nevent: progress\ndata: cut',
    ].join('');
    const state = { importId: 7, isPublished: false, citizenCount: 3000, bytes: undefined };
    const expected: ImportEvent[] = [
      { name: 'progress', state },
      { name: 'progress', state: { ...state, isPublished: true, bytes: 5 } },
      { name: 'gone' },
    ];
    for (const size of [1, 7, 1000]) assert.deepEqual(await all(readEvents(inPieces(text, size))), expected);
    assert.deepEqual(expected.map(eventText), [
      'import 7: 3,000 citizens stored',
      'import 7: 3,000 citizens, of 5 bytes read, published',
      'the import is no more: it was refused or given up',
    ]);
  });
});

describe('another try', () => {
  it('is made when the answer may pass, and for a key that a lost try still holds', () => {
    assert.deepEqual(
      [500, 502, 503, 504, 507, 409].map((status) => isRetryable(status, undefined)),
      [false, true, true, true, false, false],
    );
    assert.equal(isRetryable(409, 'IDEMPOTENCY_KEY_IN_USE'), true);
  });

  it('comes after a pause that doubles, and not before Retry-After', () => {
    const least = () => 0;
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((retry) => pauseBeforeMs(retry, undefined, least)),
      [500, 1000, 2000, 4000, 8000],
    );
    assert.equal(
      pauseBeforeMs(1, undefined, () => 0.5),
      562.5,
    );
    assert.equal(pauseBeforeMs(1, '3', least), 3000);
    assert.equal(pauseBeforeMs(3, '1', least), 2000);
    assert.equal(pauseBeforeMs(1, '86400', least), 60_000, 'nobody waits for a day');
    assert.equal(pauseBeforeMs(1, 'soon', least), 500);
  });
});

describe('the progress', () => {
  const state = { totalBytes: 4e6, sentBytes: 1e6, isFullySent: false, storedCitizens: 0, elapsedMs: 2000 };
  const cases: [state: typeof state | (Omit<typeof state, 'totalBytes'> & { totalBytes: undefined }), text: string][] =
    [
      [state, '1.0 MB of 4.0 MB, 500.0 kB/s, 6 s left'],
      [{ ...state, elapsedMs: 100 }, '1.0 MB of 4.0 MB'],
      [{ ...state, sentBytes: 0 }, '0 bytes of 4.0 MB'],
      [{ ...state, totalBytes: undefined, storedCitizens: 4000 }, '1.0 MB, 500.0 kB/s, 4,000 citizens stored'],
      [{ ...state, isFullySent: true, sentBytes: 4e6 }, 'all 4.0 MB sent, waiting for the service'],
    ];
  for (const [of, text] of cases) it(`is told as "${text}"`, () => assert.equal(progressText(of), text));

  it('is told in lines where there is no terminal, until the end', async () => {
    let written = '';
    let tell = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const write = (text: string) => {
      written += text;
      tell();
    };
    const progress = createLines({ write }, { everyMs: 1 });
    progress.begin(4e6);
    progress.sent(1e6);
    await told;
    progress.end();
    assert.match(written, /^sending: 1\.0 MB of 4\.0 MB\n/);
    progress.note('\u001b');
    assert.match(written, /\n\\u001b\n$/);
  });
});

describe('the table of violations', () => {
  const violations = [
    { pointer: '/citizens/0/relatives/1', code: 'ONE_SIDED_RELATIVE', detail: 'citizen 9 does not list 5 back' },
    { pointer: `/citizens/3/${'x'.repeat(300)}`, code: 'UNKNOWN_FIELD', detail: 'is not a known field' },
  ];

  it('has the columns that have something in them', () => {
    const [, head = ''] = violationsTable(violations, undefined).split('\n');
    assert.deepEqual(head.match(/\w+/g), ['place', 'code', 'detail']);
    const [, whole = ''] = violationsTable([{ ...violations[0], line: 1234, peer: '/a' }], undefined).split('\n');
    assert.deepEqual(whole.match(/\w+/g), ['line', 'place', 'code', 'detail', 'peer']);
  });

  it('fits into the terminal, and loses no character to that', () => {
    const table = violationsTable(violations, 80);
    for (const line of table.split('\n')) assert.ok(line.length <= 80, line);
    assert.equal(table.split('\n').join('').replaceAll(/[^x]/g, '').length, 147);
  });

  it('shows what is no violation of Svodka, whatever it is', () => {
    assert.match(violationsTable([{ detail: '\u001b' }, {}], undefined), /\\u001b/);
  });

  it('takes the room from the widest columns', () => {
    assert.deepEqual(fitWidths([10, 50, 20], 80), [10, 50, 20]);
    assert.deepEqual(fitWidths([10, 50, 20], 50), [10, 20, 20]);
    assert.deepEqual(fitWidths([10, 50, 20], 5), [8, 8, 8]);
  });

  it('stands above the true number', () => {
    assert.equal(refusalText(1, 1), 'Refused: 1 rule is broken. Nothing was stored.');
    assert.match(refusalText(1234, 20), /^Refused: 1,234 rules are broken\..*\nThe first 20 are above; --all/);
    assert.match(refusalText(200_000, 100_000), /\nThe first 100,000 are above\.$/);
  });
});
