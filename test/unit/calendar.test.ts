import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatBirthDate, hasBirthDateForm, parseBirthDate, utcToday } from '../../app/calendar.js';

/** Every day from 1 January 0001 to 31 December 9999 by JavaScript's own calendar, as year, month and day. */
function* everyDay(): Iterable<[number, number, number]> {
  const date = new Date(0);
  date.setUTCFullYear(1, 0, 1);
  for (; date.getUTCFullYear() <= 9999; date.setUTCDate(date.getUTCDate() + 1)) {
    yield [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  }
}

function toText(year: number, month: number, day: number): string {
  return `${String(day).padStart(2, '0')}.${String(month).padStart(2, '0')}.${String(year).padStart(4, '0')}`;
}

describe('a birth date', () => {
  it('is every day of the years 1 to 9999, there and back', () => {
    let days = 0;
    for (const [year, month, day] of everyDay()) {
      const text = toText(year, month, day);
      const date = year * 10_000 + month * 100 + day;
      if (parseBirthDate(text) !== date || formatBirthDate(date) !== text) assert.fail(text);
      days++;
    }
    assert.equal(days, 3_652_059);
  });

  it('is no other day of a form that is right', () => {
    let accepted = 0;
    // One year of each kind: common, leap, non-leap century, leap century, and both ends of the range.
    for (const year of [0, 1, 4, 1900, 2000, 2023, 2024, 9999]) {
      for (let month = 0; month <= 99; month++) {
        for (let day = 0; day <= 99; day++) {
          if (parseBirthDate(toText(year, month, day)) !== undefined) accepted++;
        }
      }
    }
    assert.equal(accepted, 4 * 365 + 3 * 366);
  });

  it('has the form DD.MM.YYYY whether or not there is such a day', () => {
    assert.ok(hasBirthDateForm('99.99.0000'));
    assert.ok(!hasBirthDateForm('1.1.2000'));
    assert.ok(!hasBirthDateForm('01.01.2000\n'));
  });

  it('compares as dates do', () => {
    const inOrder = ['31.12.0999', '01.01.1000', '28.02.1986', '01.03.1986', '31.12.1986', '01.01.1987'];
    const dates = inOrder.map((text) => parseBirthDate(text) as number);
    assert.deepEqual(
      dates.toSorted((a, b) => a - b),
      dates,
    );
  });
});

describe("today's date", () => {
  const table: [moment: string, date: number, reason: string][] = [
    ['2026-11-22T00:00:00.000Z', 20261122, 'the first moment of the day'],
    ['2026-11-22T23:59:59.999Z', 20261122, 'the last one'],
    ['2026-11-23T01:30:00+03:00', 20261122, 'after midnight in Moscow, before it in UTC'],
    ['2026-12-31T23:30:00-01:00', 20270101, 'a new year in UTC first'],
    ['2024-02-29T12:00:00Z', 20240229, 'a leap day'],
  ];
  for (const [moment, date, reason] of table) {
    it(`is ${date} at ${moment}: ${reason}`, () => assert.equal(utcToday(new Date(moment)), date));
  }

  it('is the one in UTC in whatever time zone the process runs', () => {
    const zone = process.env['TZ'];
    try {
      for (const name of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'UTC']) {
        process.env['TZ'] = name;
        assert.equal(utcToday(new Date('2026-11-22T12:30:00Z')), 20261122, name);
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});

describe('an age, full years by subtraction of dates', () => {
  const table: [born: number, today: number, age: number, reason: string][] = [
    [20001231, 20261122, 25, 'the birthday is to come this year'],
    [20001122, 20261122, 26, 'the birthday is today'],
    [20001123, 20261122, 25, 'the birthday is tomorrow'],
    [20000229, 20230228, 22, 'born on a leap day: not older yet on 28 February'],
    [20000229, 20230301, 23, 'but on 1 March of a common year'],
    [20000229, 20240229, 24, 'and on the day itself in a leap year'],
    [20261121, 20261122, 0, 'born yesterday'],
    [10101, 20261122, 2025, 'born on the first day there is'],
  ];
  for (const [born, today, age, reason] of table) {
    it(`is ${age} from ${born} to ${today}: ${reason}`, () => {
      assert.equal(Math.floor((today - born) / 10_000), age);
    });
  }
});
