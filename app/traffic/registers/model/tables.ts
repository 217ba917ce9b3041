/** What is wrong with a cell. */
export type CellFault = { code: string; detail: string };

/** A value to be stored; null keeps what is stored. */
export type CellValue = string | number | null;

export type Column = {
  name: string;
  /** The text of a cell, without blanks at its ends and not empty. */
  read(text: string): { value: CellValue } | CellFault;
};

/** The first column is the key, which every row needs. */
export type Table = { name: TableName; columns: readonly [Column, ...Column[]] };

export const TABLE_NAMES = ['car_owners', 'violations'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

const CONTROL_CHARACTERS = /\p{Cc}/u;

function tooLong(limit: number): CellFault {
  return { code: 'TOO_LONG', detail: `must have at most ${limit} characters` };
}

function text(name: string, maxLength: number, form?: { pattern: RegExp; words: string }): Column {
  return {
    name,
    read(given) {
      if ([...given].length > maxLength) return tooLong(maxLength);
      if (CONTROL_CHARACTERS.test(given)) return { code: 'WRONG_FORM', detail: 'must not have control characters' };
      if (!given.isWellFormed()) return { code: 'LONE_SURROGATE', detail: 'has half of a surrogate pair' };
      if (form !== undefined && !form.pattern.test(given)) return { code: 'WRONG_FORM', detail: form.words };
      return { value: given };
    },
  };
}

/** Far above any fine; sums stay exact. */
const MAX_FINE = 1_000_000_000_000;

/** A decimal number with a point or a comma. */
const DECIMAL = /^\d{1,15}(?:[.,]\d{1,10})?$/;

const fine: Column = {
  name: 'fine',
  read(given) {
    const value = DECIMAL.test(given) ? Number(given.replace(',', '.')) : Number.NaN;
    if (value <= MAX_FINE) return { value };
    const isNegative = /^-\d/.test(given);
    return isNegative || value > MAX_FINE
      ? { code: 'OUT_OF_RANGE', detail: `must be a number from 0 to ${MAX_FINE}` }
      : { code: 'WRONG_TYPE', detail: 'must be a number' };
  },
};

const phone = {
  pattern: /^\+?[\s()./-]*\d[\d\s()./-]*$/,
  words: 'must have digits, and only + - ( ) . / and blanks besides',
};
const email = { pattern: /^[^\s@]+@[^\s@]+$/, words: 'must be an e-mail address' };

export const TABLES: Readonly<Record<TableName, Table>> = {
  car_owners: {
    name: 'car_owners',
    columns: [
      text('car_number', 32),
      text('phone_number', 32, phone),
      text('email', 254, email),
      text('tg', 100),
      text('vk', 100),
    ],
  },
  violations: { name: 'violations', columns: [text('violation_type', 200), fine] },
};
