import { formatBirthDate } from '../../calendar.js';
import type { Citizen } from '../citizens/schema.js';

const TOWNS = ['Москва', 'Санкт-Петербург', 'Казань', 'Керчь', 'Новосибирск', 'Владивосток', 'Саратов', 'Псков'];
const STREETS = ['Льва Толстого', 'Садовая', 'Баумана', 'Ленина', 'Красный проспект', 'Светланская', 'Мира'];
const SURNAMES = ['Иванов', 'Петров', 'Сидоров', 'Смирнов', 'Кузнецов', 'Соколов', 'Попов', 'Лебедев'];
const FIRST_NAMES = {
  male: ['Иван', 'Пётр', 'Сергей', 'Алексей', 'Дмитрий', 'Николай'],
  female: ['Мария', 'Анна', 'Елена', 'Ольга', 'Татьяна', 'Наталья'],
};

/** mulberry32: a small generator, reproducible from its seed. Values are in [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function createPicker(random: () => number) {
  const below = (limit: number) => Math.floor(random() * limit);
  const from = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  return { below, from };
}

function makeCitizen(citizenId: number, { below, from }: ReturnType<typeof createPicker>): Citizen {
  const gender = from(['male', 'female'] as const);
  const surname = from(SURNAMES) + (gender === 'female' ? 'а' : '');
  return {
    citizen_id: citizenId,
    town: from(TOWNS),
    street: from(STREETS),
    building: `${1 + below(99)}к${1 + below(9)}`,
    apartment: 1 + below(400),
    name: `${surname} ${from(FIRST_NAMES[gender])}`,
    birth_date: formatBirthDate((1930 + below(90)) * 10_000 + (1 + below(12)) * 100 + 1 + below(28)),
    gender,
    relatives: [],
  };
}

/** Generates a valid import, reproducible from its seed, with `pairCount` pairs of relatives. */
export function makeCitizens(count: number, pairCount: number, seed = 1): Citizen[] {
  const picker = createPicker(createRandom(seed));
  const citizens = Array.from({ length: count }, (_, place) => makeCitizen(place + 1, picker));
  for (let pair = 0; pair < pairCount; pair++) {
    const one = picker.from(citizens);
    const other = picker.from(citizens);
    if (one === other || one.relatives.includes(other.citizen_id)) continue;
    one.relatives.push(other.citizen_id);
    other.relatives.push(one.citizen_id);
  }
  return citizens;
}
