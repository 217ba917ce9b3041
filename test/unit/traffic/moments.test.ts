import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseMoment } from '../../../app/traffic/cameras/model/moments.js';

describe('a moment', () => {
  const right: [text: string, iso: string][] = [
    ['2024-01-01T00:00:00+00:00', '2024-01-01T00:00:00.000Z'],
    ['2024-01-01T03:04:05Z', '2024-01-01T03:04:05.000Z'],
    ['2024-01-01t03:04:05.25z', '2024-01-01T03:04:05.250Z'],
    ['2024-01-01T00:00:00+03:00', '2023-12-31T21:00:00.000Z'],
    ['2024-01-01 00:00-0930', '2024-01-01T09:30:00.000Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59.000Z'],
    ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00.000Z'],
  ];
  for (const [text, iso] of right) {
    it(`${text} is ${iso}`, () => assert.equal(parseMoment(text), Date.parse(iso) / 1_000));
  }

  const wrong = [
    '',
    '2024-01-01',
    '2024-01-01T00:00:00',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:60Z',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01T00:00:00+03',
    ' 2024-01-01T00:00:00Z',
    '٢٠٢٤-01-01T00:00:00Z',
  ];
  for (const text of wrong) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parseMoment(text), undefined));
  }
});
