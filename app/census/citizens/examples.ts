import type { Citizen } from './schema.js';

/** Examples for the descriptions of the API. */
export const exampleCitizen: Citizen = {
  citizen_id: 1,
  town: 'Москва',
  street: 'Льва Толстого',
  building: '16к7стр5',
  apartment: 7,
  name: 'Иванов Иван Иванович',
  birth_date: '26.12.1986',
  gender: 'male',
  relatives: [2],
};
export const exampleRelative: Citizen = {
  ...exampleCitizen,
  citizen_id: 2,
  name: 'Иванов Сергей Иванович',
  relatives: [1],
};
