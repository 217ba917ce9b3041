import type { Waiting } from './api.js';

/** The reason why a specialist gets no case, as a key of the texts with its parameters. */
type WhyNone = {
  key: 'whyNothing' | 'whyHeld' | 'whyHad' | 'whyHadAlone' | 'whyNobody' | 'whyOthers';
  level: number;
  cases: number;
};

/** The service counts no further. */
const MAX_COUNTED = 100;

/** A number that the service counts up to 100. */
export function countText(count: number): string {
  return count < MAX_COUNTED ? String(count) : `${MAX_COUNTED}+`;
}

/** Why there is no case for a specialist of this skill: the own level first, then the others. */
export function whyNone({ open, levels }: Waiting, skill: number): WhyNone[] {
  if (open === 0) return [{ key: 'whyNothing', level: skill, cases: 0 }];
  if (levels.length === 0) return [{ key: 'whyHeld', level: skill, cases: open }];
  const own = levels.filter(({ level }) => level === skill);
  const others = levels.filter(({ level }) => level !== skill);
  return [
    ...own.map(({ level, cases, specialists }): WhyNone => {
      return { key: specialists > 1 ? 'whyHad' : 'whyHadAlone', level, cases };
    }),
    ...others.map(({ level, cases, specialists }): WhyNone => {
      return { key: specialists > 0 ? 'whyOthers' : 'whyNobody', level, cases };
    }),
  ];
}
