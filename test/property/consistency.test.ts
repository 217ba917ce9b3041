import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Violation } from '../../app/errors.js';
import { checkConsistency, type RelatedRecord } from '../../app/imports/consistency.js';
import { runs } from '../support/random.js';

function check(records: readonly RelatedRecord[]): string[] {
  const found: Violation[] = [];
  checkConsistency(records, (violation) => found.push(violation));
  return found.map(({ code, pointer, peer }) => `${code} ${pointer} ${peer ?? '-'}`).sort();
}

function isId(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The rules of spec/citizens.md one by one, each by looking through everything: O(n^2) and plain. */
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

/** Families that keep every rule: distinct ids, and pairs that list each other. */
const anyFamily: fc.Arbitrary<Family[]> = fc
  .record({
    ids: fc.uniqueArray(fc.oneof(fc.nat(60), fc.maxSafeNat()), { maxLength: 40 }),
    pairs: fc.array(fc.tuple(fc.nat(39), fc.nat(39)), { maxLength: 120 }),
    // Somebody whom many know: lists of 16 and more are looked through in another way.
    hub: fc.option(fc.nat(39)),
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

/** Faults of every kind, put in at random places; also values of a wrong type, which other rules are about. */
const anyFault: fc.Arbitrary<(records: RelatedRecord[]) => void> = fc
  .record({
    place: fc.nat(39),
    other: fc.nat(39),
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
    if (kind === 'unknown') record.relatives.splice(position, 0, 61 + position);
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
      fc.property(anyFamily, fc.nat(39), fc.nat(39), (family, place, position) => {
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

  it('tell which records they are about', () => {
    const found: Violation[] = [];
    const records = [
      { citizen_id: 5, relatives: [9] },
      { citizen_id: 9, relatives: [] },
    ];
    checkConsistency(records, (violation) => found.push(violation));
    assert.deepEqual(found, [
      {
        pointer: '/citizens/0/relatives/0',
        code: 'ONE_SIDED_RELATIVE',
        detail: 'citizen 9 does not list 5 back',
        peer: '/citizens/1/relatives',
      },
    ]);
  });
});
