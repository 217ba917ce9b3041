import type { Specialist } from '../service.js';

export function toSpecialistAnswer({ userId: _, ...record }: Specialist) {
  return record;
}

export const exampleSpecialist = {
  username: 'lisa',
  skill: 2,
  wallet: 41,
  votes: 47,
  right: 41,
  wrong: 3,
  streak: 12,
  agreement: 0.91,
};

export const exampleCase = {
  case_id: '7b1c2d1e-5a0d-4c1f-9d55-1f0b7f3f2a10',
  transport: '1ABC2377',
  violation_type: 'speeding',
  violation_value: '62km/h',
  timestamp: '2026-11-27T20:30:11.000000Z',
  photo_url: '/cases/7b1c2d1e-5a0d-4c1f-9d55-1f0b7f3f2a10/photo',
  expires_at: '2026-11-27T21:00:11.123456Z',
};
