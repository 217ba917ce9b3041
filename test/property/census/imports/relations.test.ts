import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createRelations } from '../../../../app/census/imports/across_records/relations.js';
import type { Violation } from '../../../../app/errors.js';
import { anyId, runs } from '../../../support/random.js';

type RelatedRecord = { readonly citizen_id?: unknown; readonly relatives?: unknown };

/** The violations of these records, each of which begins 100 bytes and one line after the previous one. */
function violationsOf(records: readonly RelatedRecord[]): Violation[] {
  const found: Violation[] = [];
  const relations = createRelations((violation) => found.push(violation));
  for (const [place, { citizen_id, relatives }] of records.entries()) {
    relations.add(citizen_id, relatives, place * 100, place + 1);
  }
  assert.equal(relations.count(), records.length);
  relations.check();
  return found;
}

function check(records: readonly RelatedRecord[]): string[] {
  const found = violationsOf(records);
  for (const { pointer, line, byteOffset } of found) {
    const place = Number(pointer.split('/')[2]);
    assert.deepEqual([line, byteOffset], [place + 1, place * 100], pointer);
  }
  return found.map(({ code, pointer, peer }) => `${code} ${pointer} ${peer ?? '-'}`).sort();
}

function isId(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The rules of spec/citizens.md one by one, each by a full scan: O(n^2), but plain. */
function slowCheck(records: readonly RelatedRecord[]): string[] {
  const found: string[] = [];
  const firstWith = (id: unknown) => records.findIndex((record) => record.citizen_id === id);
  records.forEach(({ citizen_id: id, relatives }, place) => {
    const first = firstWith(id);
    if (isId(id) && first < place) {
      found.push(`DUPLICATE_CITIZEN_ID /citizens/${place}/citizen_id /citizens/${first}/citizen_id`);
    }
    if (!Array.isArray(relatives)) return;
    const list = `/citizens/${place}/relatives`;
    relatives.forEach((relative, position) => {
      if (!isId(relative)) return;
      const own = `${list}/${position}`;
      const earlier = relatives.indexOf(relative);
      const other = firstWith(relative);
      const back = records[other]?.relatives;
      if (relative === id) found.push(`SELF_RELATIVE ${own} -`);
      else if (earlier < position) found.push(`DUPLICATE_RELATIVE ${own} ${list}/${earlier}`);
      else if (other < 0) found.push(`UNKNOWN_RELATIVE ${own} -`);
      else if (isId(id) && Array.isArray(back) && !back.includes(id)) {
        found.push(`ONE_SIDED_RELATIVE ${own} /citizens/${other}/relatives`);
      }
    });
  });
  return found.sort();
}

type Family = { citizen_id: number; relatives: number[] };

/** Families that satisfy every rule: unique ids, and pairs that list each other. */
const anyFamily: fc.Arbitrary<Family[]> = fc
  .record({
    ids: fc.uniqueArray(fc.oneof(fc.nat(120), anyId), { maxLength: 90 }),
    pairs: fc.array(fc.tuple(fc.nat(89), fc.nat(89)), { maxLength: 120 }),
    // A citizen with many relatives: lists of more than 64 use another algorithm.
    hub: fc.option(fc.nat(89)),
  })
  .map(({ ids, pairs, hub }) => {
    const citizens = ids.map((citizen_id): Family => ({ citizen_id, relatives: [] }));
    const all = hub === null ? pairs : [...pairs, ...ids.map((_, place): [number, number] => [hub, place])];
    for (const [one, other] of all) {
      const first = citizens[one];
      const second = citizens[other];
      if (!first || !second || first === second || first.relatives.includes(second.citizen_id)) continue;
      first.relatives.push(second.citizen_id);
      second.relatives.push(first.citizen_id);
    }
    return citizens;
  });

/** Inserts faults of every kind at random places, also values of a wrong type, to which other rules apply. */
const anyFault: fc.Arbitrary<(records: RelatedRecord[]) => void> = fc
  .record({
    place: fc.nat(89),
    other: fc.nat(89),
    position: fc.nat(20),
    kind: fc.constantFrom('add', 'remove', 'same id', 'self', 'twice', 'unknown', 'wrong type', 'no list', 'no id'),
    junk: fc.constantFrom<unknown>(null, 'x', -1, 1.5, '1', undefined, [], {}),
  })
  .map(({ place, other, position, kind, junk }) => (records) => {
    const record = records[place] as { citizen_id?: unknown; relatives?: unknown } | undefined;
    if (record === undefined) return;
    if (kind === 'same id') record.citizen_id = records[other]?.citizen_id;
    if (kind === 'no id') record.citizen_id = junk;
    if (kind === 'no list') record.relatives = junk;
    if (!Array.isArray(record.relatives)) return;
    if (kind === 'add') record.relatives.splice(position, 0, records[other]?.citizen_id);
    if (kind === 'remove') record.relatives.splice(position, 1);
    if (kind === 'self') record.relatives.splice(position, 0, record.citizen_id);
    if (kind === 'twice') record.relatives.push(record.relatives[position % (record.relatives.length || 1)]);
    if (kind === 'unknown') record.relatives.splice(position, 0, 121 + position);
    if (kind === 'wrong type') record.relatives.splice(position, 0, junk);
  });

describe('the rules across records', () => {
  it('find nothing where every rule is kept', () => {
    fc.assert(
      fc.property(anyFamily, (family) => assert.deepEqual(check(family), [])),
      runs(200),
    );
  });

  it('find exactly what a slow and obvious check finds, whatever is wrong', () => {
    fc.assert(
      fc.property(anyFamily, fc.array(anyFault, { minLength: 1, maxLength: 8 }), (family, faults) => {
        const records = structuredClone<RelatedRecord[]>(family);
        for (const fault of faults) fault(records);
        assert.deepEqual(check(records), slowCheck(records));
      }),
      runs(2000),
    );
  });

  it('find the same among records of pure chance', () => {
    const anyRecord = fc.record(
      { citizen_id: fc.nat(12), relatives: fc.array(fc.nat(14), { maxLength: 24 }) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 14 }), (records) => {
        assert.deepEqual(check(records), slowCheck(records));
      }),
      runs(500),
    );
  });

  it('see every missing side: whoever is taken out of one list is named in the other', () => {
    fc.assert(
      fc.property(anyFamily, fc.nat(89), fc.nat(89), (family, place, position) => {
        const citizen = family[place];
        const [lost] = citizen?.relatives.splice(position, 1) ?? [];
        if (citizen === undefined || lost === undefined) return;
        const other = family.findIndex(({ citizen_id: id }) => id === lost);
        const where = family[other]?.relatives.indexOf(citizen.citizen_id);
        assert.deepEqual(check(family), [
          `ONE_SIDED_RELATIVE /citizens/${other}/relatives/${where} /citizens/${place}/relatives`,
        ]);
      }),
      runs(200),
    );
  });

  it('tell which records they are about, and where those begin', () => {
    const records = [
      { citizen_id: 5, relatives: [9] },
      { citizen_id: 9, relatives: [] },
    ];
    assert.deepEqual(violationsOf(records), [
      {
        pointer: '/citizens/0/relatives/0',
        code: 'ONE_SIDED_RELATIVE',
        detail: 'citizen 9 does not list 5 back',
        peer: '/citizens/1/relatives',
        byteOffset: 0,
        line: 1,
      },
    ]);
  });

  it('tell no line where there are none', () => {
    const found: Violation[] = [];
    const relations = createRelations((violation) => found.push(violation));
    relations.add(5, [5], 13);
    relations.check();
    const detail = 'citizen 5 cannot be a relative of itself';
    assert.deepEqual(found, [{ pointer: '/citizens/0/relatives/0', code: 'SELF_RELATIVE', detail, byteOffset: 13 }]);
  });

  it('tell of an id used twice as soon as it comes, so that nothing waits for the end of a long import', () => {
    const found: string[] = [];
    const relations = createRelations(({ code, peer }) => found.push(`${code} ${peer}`));
    relations.add(-0, [], 0);
    relations.add(7, [], 10);
    assert.deepEqual(found, []);
    relations.add(0, [], 20);
    relations.add(7, [], 30);
    relations.add(7, [], 40);
    assert.deepEqual(found, [
      'DUPLICATE_CITIZEN_ID /citizens/0/citizen_id',
      'DUPLICATE_CITIZEN_ID /citizens/1/citizen_id',
      'DUPLICATE_CITIZEN_ID /citizens/1/citizen_id',
    ]);
  });

  // 8192 ids fill exactly two segments of a column; 20,000 make the table of ids grow five times.
  const steps: [step: number, reason: string][] = [
    [1, 'one behind the other'],
    [2 ** 32, 'alike in their lower halves'],
    [2 ** 20, 'alike in the bits that choose a slot'],
  ];
  for (const [step, reason] of steps) {
    it(`hold among many citizens, whose ids are ${reason}`, () => {
      for (const count of [8_192, 20_000]) {
        const last = count - 1;
        const records = Array.from({ length: count }, (_, place) => ({
          citizen_id: place * step,
          // Each citizen is related to the one at the same distance from the other end.
          relatives: [(last - place) * step],
        }));
        assert.deepEqual(check(records), []);
        records.push({ citizen_id: last * step, relatives: [count * step] });
        (records[1] as { relatives: number[] }).relatives = [];
        assert.deepEqual(check(records), [
          `DUPLICATE_CITIZEN_ID /citizens/${count}/citizen_id /citizens/${last}/citizen_id`,
          `ONE_SIDED_RELATIVE /citizens/${last - 1}/relatives/0 /citizens/1/relatives`,
          `UNKNOWN_RELATIVE /citizens/${count}/relatives/0 -`,
        ]);
      }
    });
  }

  it('are checked in less than 64 bytes a citizen: a million must not need what a body may not take', () => {
    const count = 400_000;
    const before = process.memoryUsage().arrayBuffers;
    const relations = createRelations(({ pointer }) => assert.fail(pointer));
    // One pair in ten.
    for (let id = 0; id < count; id++) relations.add(id, id % 10 < 2 ? [id ^ 1] : [], id * 250, id + 1);
    relations.check();
    const bytes = process.memoryUsage().arrayBuffers - before;
    assert.ok(bytes / count < 64, `${bytes / count} bytes a citizen`);
    assert.equal(relations.count(), count);
  });
});
