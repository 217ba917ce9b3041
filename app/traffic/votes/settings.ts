import type { SettingsTable } from '../../config.js';

export const VOTE_SETTINGS = {
  votesToDecide: {
    name: 'SVODKA_VOTES',
    kind: 'wholeNumber',
    ...{ default: 3, min: 1, max: 99 },
    isOdd: true,
    isForTarantool: true,
    help: 'how many votes decide a case at each level',
  },
  caseHoldS: {
    name: 'SVODKA_CASE_HOLD',
    kind: 'seconds',
    ...{ default: 30 * 60, min: 1, max: 24 * 60 * 60 },
    defaultText: '1800 (30 minutes)',
    isForTarantool: true,
    help: 'how long a specialist has for a vote on a case',
  },
  voteReward: {
    name: 'SVODKA_VOTE_REWARD',
    kind: 'decimal',
    ...{ default: 1, max: 1_000_000, decimals: 6 },
    isForTarantool: true,
    help: 'what a specialist gets for a vote that is decided as it was cast',
  },
} as const satisfies SettingsTable;
