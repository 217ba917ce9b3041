import { utcToday } from '../../../app/calendar.js';
import type { Citizen } from '../../../app/census/citizens/schema.js';

/** A naive implementation of the citizens API, with which tests compare the service. */

const MONTHS = Array.from({ length: 12 }, (_, place) => String(place + 1));
const PERCENTS = { p50: 50, p75: 75, p99: 99 };

/** Full years on a day (20001231), by comparing calendar fields; negative before birth. */
export function modelAge(birthDate: string, asOf = utcToday()): number {
  const [day = 0, month = 0, year = 0] = birthDate.split('.').map(Number);
  const [thisYear, thisMonth, thisDay] = [Math.floor(asOf / 10_000), Math.floor(asOf / 100) % 100, asOf % 100];
  const hadBirthday = thisMonth > month || (thisMonth === month && thisDay >= day);
  return thisYear - year - (hadBirthday ? 0 : 1);
}

/** numpy.around(numpy.percentile(ages, percent, interpolation='linear'), 2). */
export function modelPercentile(ages: readonly number[], percent: number): number {
  const sorted = [...ages].sort((a, b) => a - b);
  const place = (percent / 100) * (sorted.length - 1);
  const low = sorted[Math.floor(place)] as number;
  const high = sorted[Math.ceil(place)] as number;
  const share = place - Math.floor(place);
  const value = share >= 0.5 ? high - (high - low) * (1 - share) : low + (high - low) * share;
  const hundredfold = value * 100;
  const isHalf = hundredfold - Math.floor(hundredfold) === 0.5;
  return (isHalf ? 2 * Math.round(hundredfold / 2) : Math.round(hundredfold)) / 100;
}

export function modelPercentiles(citizens: readonly Citizen[]): object[] {
  const towns = [...new Set(citizens.map(({ town }) => town))].sort();
  return towns.map((town) => {
    const ages = citizens.filter((one) => one.town === town).map((one) => modelAge(one.birth_date));
    const values = Object.entries(PERCENTS).map(([name, percent]) => [name, modelPercentile(ages, percent)]);
    return { town, ...Object.fromEntries(values) };
  });
}

export function modelBirthdays(citizens: readonly Citizen[]): Record<string, object[]> {
  const monthOf = new Map(citizens.map((one) => [one.citizen_id, String(Number(one.birth_date.split('.')[1]))]));
  const inOrder = [...citizens].sort((a, b) => a.citizen_id - b.citizen_id);
  const givers = (month: string) =>
    inOrder
      .map(({ citizen_id, relatives }) => ({
        citizen_id,
        presents: relatives.filter((id) => monthOf.get(id) === month).length,
      }))
      .filter(({ presents }) => presents > 0);
  return Object.fromEntries(MONTHS.map((month) => [month, givers(month)]));
}

/** Faults as `pointer code`. */
export type Faults = string[];
type Outcome<Data> = { status: number; data?: Data; faults?: Faults };
export type Changes = Partial<Omit<Citizen, 'citizen_id'>>;

function listFaults(citizenId: number, relatives: readonly number[], pointer: string): Faults {
  return relatives.flatMap((id, place) => {
    if (id === citizenId) return [`${pointer}/${place} SELF_RELATIVE`];
    if (relatives.indexOf(id) < place) return [`${pointer}/${place} DUPLICATE_RELATIVE`];
    return [];
  });
}

/** The rules across the records of an import. */
export function importFaults(citizens: readonly Citizen[]): Faults {
  const first = (id: number) => citizens.find(({ citizen_id }) => citizen_id === id);
  return citizens.flatMap((one, place) => {
    const pointer = `/citizens/${place}/relatives`;
    const own = listFaults(one.citizen_id, one.relatives, pointer);
    const others = one.relatives.flatMap((id, position) => {
      const at = `${pointer}/${position}`;
      if (own.some((fault) => fault.startsWith(`${at} `))) return [];
      const other = first(id);
      if (other === undefined) return [`${at} UNKNOWN_RELATIVE`];
      return other.relatives.includes(one.citizen_id) ? [] : [`${at} ONE_SIDED_RELATIVE`];
    });
    const isRepeated = first(one.citizen_id) !== one;
    return [...(isRepeated ? [`/citizens/${place}/citizen_id DUPLICATE_CITIZEN_ID`] : []), ...own, ...others];
  });
}

/** All imports, in memory. Shapes are assumed valid unless the caller passes `shapeFaults`. */
export class ApiModel {
  readonly imports = new Map<number, Citizen[]>();

  /** The expected answer to the import; if it is 201, the caller reports the id through `stored`. */
  import(citizens: readonly Citizen[], shapeFaults: Faults = []): Outcome<never> {
    const faults = [...shapeFaults, ...importFaults(citizens)];
    return faults.length > 0 ? { status: 400, faults } : { status: 201 };
  }

  stored(importId: number, citizens: readonly Citizen[]): void {
    this.imports.set(
      importId,
      structuredClone([...citizens]).sort((a, b) => a.citizen_id - b.citizen_id),
    );
  }

  patch(importId: number, citizenId: number, changes: Changes, shapeFaults: Faults = []): Outcome<Citizen> {
    const { relatives } = changes;
    const faults = [...shapeFaults, ...listFaults(citizenId, relatives ?? [], '/relatives')];
    if (faults.length > 0) return { status: 400, faults };
    const citizens = this.imports.get(importId);
    const one = citizens?.find(({ citizen_id }) => citizen_id === citizenId);
    if (citizens === undefined || one === undefined) return { status: 404 };
    const isKnown = (id: number) => citizens.some(({ citizen_id }) => citizen_id === id);
    const unknown = (relatives ?? []).flatMap((id, place) =>
      isKnown(id) ? [] : [`/relatives/${place} UNKNOWN_RELATIVE`],
    );
    if (unknown.length > 0) return { status: 400, faults: unknown };
    for (const other of relatives === undefined ? [] : citizens) {
      const isRelative = relatives?.includes(other.citizen_id);
      if (isRelative && !other.relatives.includes(citizenId)) other.relatives.push(citizenId);
      if (!isRelative) other.relatives = other.relatives.filter((id) => id !== citizenId);
    }
    Object.assign(one, structuredClone(changes));
    return { status: 200, data: one };
  }

  list(importId: number): Outcome<Citizen[]> {
    return this.#ask(importId, (citizens) => citizens);
  }

  birthdays(importId: number): Outcome<object> {
    return this.#ask(importId, modelBirthdays);
  }

  percentiles(importId: number): Outcome<object[]> {
    return this.#ask(importId, modelPercentiles);
  }

  #ask<Data>(importId: number, answer: (citizens: Citizen[]) => Data): Outcome<Data> {
    const citizens = this.imports.get(importId);
    return citizens === undefined ? { status: 404 } : { status: 200, data: answer(citizens) };
  }
}
