import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectDir } from '../../support/folder.js';

function read(...path: string[]): string {
  return readFileSync(join(projectDir, ...path), 'utf8');
}

const docs = read('docs', 'security.md');

/** The page's wording of each limit, and the code that defines it. */
const BOUNDS: readonly [said: string, file: string, line: string][] = [
  ['15 s to send them', 'app/http/server.ts', 'HEADERS_TIMEOUT_MS = 15_000'],
  ['100 parameters', 'app/http/query/query_string.ts', '_PARAMETERS = 100;'],
  ['a text of 256 characters', 'app/http/query/query_kinds.ts', '_TEXT_LENGTH = 256'],
  ['4 GiB, decoded', 'app/http/settings.ts', 'default: 4 * 1024 ** 3, min: 1024'],
  ['1 MiB, not compressed', 'app/http/bodies/body.ts', 'SMALL_BODY_LIMIT_BYTES = 1024 * 1024'],
  ['1,000 times as long', 'app/http/bodies/body_stream.ts', '_EXPANSION = 1000'],
  ['beyond 16 MiB', 'app/http/bodies/body_stream.ts', 'FREE_DECODED_BYTES = 16 * 1024 * 1024'],
  ['400 MiB', 'app/http/settings.ts', 'default: 400 * MIB'],
  ['plain imports of up to 1 MiB', 'app/http/bodies/body_budget.ts', '_SMALL_BODY_BYTES = 1024 * 1024'],
  ['12 MiB as JSON', 'app/census/imports/reading/format_readers.ts', '_RECORD_BYTES = 12 * 1024 * 1024'],
  ['32 MiB are for changes', 'app/start/service.ts', '_FOR_SMALL_BYTES = 32 * 1024 * 1024'],
  ['CSV | 1,000,000', 'app/census/imports/reading/csv_reader.ts', '_EMPTY_LINES = 1_000_000'],
  ['64 MiB of lists', 'app/census/citizens/service.ts', 'KEPT_LISTS_BYTES = 64 * 1024 * 1024'],
  ['16 of statistics', 'app/census/stats/service.ts', 'KEPT_ANSWERS_BYTES = 16 * 1024 * 1024'],
  ['16 of presents', 'app/census/presents/service.ts', 'KEPT_ANSWERS_BYTES = 16 * 1024 * 1024'],
  ['16 of comparisons', 'app/census/comparison/service.ts', 'KEPT_ANSWERS_BYTES = 16 * 1024 * 1024'],
  ['64 waiting', 'app/http/connection/turns.ts', '_WAITING = 64'],
  ['1 MiB as CSV', 'app/census/imports/reading/csv_reader.ts', '_RECORD_BYTES = 1024 * 1024'],
  ['16 levels', 'app/http/json/json_scan.ts', '_DEPTH = 16'],
  ['100 lists and objects', 'app/http/json/json_scan.ts', '_CONTAINERS = 100'],
  ['16 MiB of lines', 'app/census/imports/intake/violation_report.ts', '_BYTES = 16 * 1024 * 1024'],
  ['1,000,000 are counted', 'app/http/violations.ts', '_COUNTED = 1_000_000'],
  ['30 s without a byte |', 'app/http/server.ts', 'IDLE_TIMEOUT_MS = 30_000'],
  ['32 KiB/s over each 300 s', 'app/http/server.ts', 'PACE_SPAN_MS = 300_000'],
  ['15 s after an answer', 'app/http/server.ts', 'KEEP_ALIVE_MS = 15_000'],
  ['64 KiB', 'app/http/event_stream.ts', '_UNSENT_BYTES = 64 * 1024'],
  ['8 on a connection', 'app/http/event_stream.ts', '_STREAMS_PER_CONNECTION = 8'],
  ['10,000 in all', 'app/http/settings.ts', 'default: 10_000, min: 0'],
  ['10 a second', 'app/db/watch.ts', 'MIN_PAUSE_MS = 100'],
  ['20 terms', 'app/census/stats/formulas/terms.ts', '_TERMS = 20'],
  ['20 percentiles', 'app/census/stats/stats_query.ts', '_PERCENTS = 20'],
  ['20 imports', 'app/census/stats/stats_query.ts', '_IMPORTS = 20'],
  ['10,000 rows', 'app/census/stats/stats_query.ts', '_ROWS = 10_000'],
  ['200 characters', 'app/census/stats/formulas/formula_rules.ts', '_FORMULA_LENGTH = 200'],
  ['64 nodes', 'app/census/stats/formulas/formula_rules.ts', '_FORMULA_NODES = 64'],
  ['32 levels deep', 'app/census/stats/formulas/formula_rules.ts', '_FORMULA_DEPTH = 32'],
  ['5 s on a thread of their own', 'app/census/stats/computing/computer.ts', 'LIMIT_MS = 5_000'],
  ['10 s of waiting for it', 'app/census/stats/computing/computer.ts', '_WAIT_MS = 10_000'],
  ['10,000 citizens', 'app/census/citizens/list_query.ts', '_LIMIT = 10_000'],
  ['512 under way, 8,192 waiting, 10 s each', 'app/db/client.ts', 'deadlineMs = 10_000'],
  ['1,000 changes', 'tarantool/census/citizens/history.lua', '_KEPT = 1000'],
  ['a spreadsheet | 32 MiB', 'app/traffic/registers/routes/upload_route.ts', '_FILE_BYTES = 32 * 1024 * 1024'],
  ['unpacked 128 MiB', 'app/traffic/registers/reading/archive.ts', '_INFLATED_BYTES = 128 * 1024 * 1024'],
  ['250 times as long', 'app/traffic/registers/reading/archive.ts', '_RATIO = 250'],
  ['120 s and 768 MB', 'app/traffic/registers/reading/table_reader.ts', '_HEAP_MB = 768'],
  ['one, for 30 minutes', 'app/traffic/votes/settings.ts', 'default: 30 * 60'],
  ['a photo of 16 MiB', 'app/traffic/cases/intake/photo_sink.ts', '_PHOTO_BYTES = 16 * 1024 * 1024'],
  ['a record of 64 KiB', 'app/traffic/cases/intake/read_case_form.ts', '_METADATA_BYTES = 64 * 1024'],
  ['and 32 levels', 'app/traffic/cases/intake/parse_record.ts', 'MAX_LEVELS = 32'],
  ['128 MiB; 256 KiB', 'app/traffic/cases/settings.ts', 'default: 128 * MIB'],
  ['50 ms of processor time', 'app/traffic/cameras/expressions/evaluator_process.ts', '_CPU_MS = 50'],
  ['96 MB of heap', 'app/traffic/cameras/expressions/evaluator_process.ts', '_HEAP_MB = 96'],
  ['200 fields on 8 levels', 'app/traffic/cameras/shapes/definition.ts', '_FIELDS = 200'],
  ['255 characters', 'app/census/imports/intake/idempotency.ts', 'LONGEST_KEY = 255'],
];

describe('docs/security.md', () => {
  it('names the bounds that the code has', () => {
    for (const [said, file, line] of BOUNDS) {
      assert.ok(docs.includes(said), said);
      assert.ok(read(file).includes(line), `${file}: ${line}`);
    }
  });

  it('names settings that there are', () => {
    const named = new Set(docs.match(/\bSVODKA_[A-Z_]+\b/g));
    const operations = read('docs', 'operations.md');
    assert.deepEqual(
      [...named].filter((name) => !operations.includes(name)),
      [],
    );
  });

  it('is named by README', () => {
    assert.ok(read('README.md').includes('docs/security.md'));
  });
});
