import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scrollFor, shareOf, wheelFactor } from '../../../app/dashboard/page/traffic/photo/zoom.js';
import { parseTrafficPath, typeHash } from '../../../app/dashboard/page/traffic/place.js';
import { lastDays, topCounts } from '../../../app/dashboard/page/traffic/statistics/counts.js';
import { newField, toDefinition, toDraft } from '../../../app/dashboard/page/traffic/types/type_draft.js';
import { countText, whyNone } from '../../../app/dashboard/page/traffic/votes/why_none.js';
import { readDefinition } from '../../../app/traffic/cameras/shapes/read_definition.js';
import { bundledTypes } from '../../support/traffic/bundled_types.js';

describe('places of the traffic pages', () => {
  it('are read, and a type may have any name', () => {
    for (const [path, name] of [
      ['/vote', 'vote'],
      ['/cases/statistics', 'statistics'],
      ['/cameras', 'cameras'],
      ['/cameras/types', 'types'],
      ['/cameras/types-new', 'newType'],
      ['/cameras/types/UPPER', 'unknown'],
      ['/cases/statistics/', 'unknown'],
    ] as const)
      assert.equal(parseTrafficPath(path).name, name, path);
    for (const typeName of ['new', 'types', 'camerus1'])
      assert.deepEqual(parseTrafficPath(typeHash(typeName).slice(1)), { name: 'type', typeName });
  });
});

describe('a draft of a camera type', () => {
  for (const [name, definition] of bundledTypes())
    it(`says of ${name} what is stored`, () => {
      const sent = toDefinition(toDraft(definition as never));
      assert.deepEqual(sent, definition);
      assert.deepEqual(readDefinition(sent), definition);
    });

  it('keeps every option, and sends those of the kind alone', () => {
    const fields = [
      { key: 'a', type: 'str', required: false, pattern: '[A-Z]+', min_length: 1, max_length: 3, enum: ['A', 'B,C'] },
      { key: 'b', type: 'float', ge: 0, le: 1.5, enum: [0, 0.5] },
      { key: 'c', type: 'dict', fields: [{ key: 'd', type: 'bool' }] },
      { key: 'e', type: 'dict', fields: [] },
    ] as const;
    const draft = toDraft({ fields } as never);
    assert.deepEqual(toDefinition(draft).fields, fields);
    const [first] = draft.fields;
    assert.ok(first);
    assert.deepEqual(toDefinition({ ...draft, fields: [{ ...first, type: 'bool' }] }).fields, [
      { key: 'a', type: 'bool', required: false },
    ]);
  });

  it('leaves it to the service to say what is no number', () => {
    const field = { ...newField(), key: 'a', type: 'int' as const, ge: 'x', le: '5' };
    assert.deepEqual(toDefinition({ ...toDraft(undefined), fields: [field] }).fields, [
      { key: 'a', type: 'int', ge: 'x', le: 5 },
    ]);
  });

  it('is made of any JSON', () => {
    for (const json of [null, 5, [], { fields: 'x', case: null }, { fields: [null, 5, { enum: 'x' }] }])
      assert.ok(Array.isArray(toDefinition(toDraft(json as never)).fields), JSON.stringify(json));
  });
});

describe('why there is no case', () => {
  const keys = (waiting: Parameters<typeof whyNone>[0], skill = 1) => whyNone(waiting, skill).map(({ key }) => key);

  it('is told for the own skill first', () => {
    assert.deepEqual(keys({ open: 0, levels: [] }), ['whyNothing']);
    assert.deepEqual(keys({ open: 3, levels: [] }), ['whyHeld']);
    assert.deepEqual(keys({ open: 3, levels: [{ level: 2, cases: 3, specialists: 0 }] }), ['whyNobody']);
    const levels = [
      { level: 1, cases: 1, specialists: 4 },
      { level: 3, cases: 2, specialists: 1 },
    ];
    assert.deepEqual(keys({ open: 3, levels }), ['whyHad', 'whyOthers']);
    assert.deepEqual(keys({ open: 3, levels }, 3), ['whyHadAlone', 'whyOthers']);
  });

  it('says where the service stops counting', () => {
    assert.deepEqual([99, 100].map(countText), ['99', '100+']);
  });
});

describe('charts of cases', () => {
  const count = (key: string, cases: number) => ({ key, cases });

  it('draw the largest counts', () => {
    const counts = [count('a', 1), count('b', 5), count('c', 5)];
    assert.deepEqual(topCounts(counts, 2), [count('b', 5), count('c', 5)]);
    assert.deepEqual(counts[0], count('a', 1), 'in place nothing is sorted');
  });

  it('draw days without cases too, up to the newest day that has some', () => {
    const counts = [count('2024-01-01', 9), count('2024-02-28', 1), count('2024-03-01', 2)];
    assert.deepEqual(lastDays(counts, 4), [
      count('2024-02-27', 0),
      count('2024-02-28', 1),
      count('2024-02-29', 0),
      count('2024-03-01', 2),
    ]);
    assert.deepEqual(lastDays(counts.slice(0, 1), 31), [count('2024-01-01', 9)]);
  });
});

describe('the zoom of a photo', () => {
  it('keeps the point under the pointer', () => {
    const share = shareOf({ x: 150, y: 60 }, { left: 50, top: 10, width: 400, height: 100 });
    assert.deepEqual(share, { x: 0.25, y: 0.5 });
    assert.deepEqual(scrollFor(share, { width: 800, height: 200 }, { x: 100, y: 50 }), { x: 100, y: 50 });
  });

  it('goes back as far as it went', () => {
    assert.ok(wheelFactor(-100, false) > 1);
    assert.ok(Math.abs(wheelFactor(-100, false) * wheelFactor(100, false) - 1) < 1e-9);
    assert.ok(wheelFactor(-10, true) > wheelFactor(-10, false));
  });
});
