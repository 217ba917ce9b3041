import type { Vote } from '../../../app/traffic/votes/repository.js';

const VOTES_TO_DECIDE = 3;
const HOLD_S = 1_800;
const MILLION = 1_000_000;

type CastVote = { user: number; level: number; vote: Vote };

export type ModelCase = {
  no: number;
  level: number;
  status: 'initiated' | 'extended' | 'justified' | 'convicted';
  votes: CastVote[];
  /** Who let it go at the present level. */
  lapsed: Set<number>;
};

export type ModelSpecialist = {
  id: number;
  skill: number;
  wallet: number;
  votes: number;
  right: number;
  wrong: number;
  streak: number;
  window: string;
  pairs: number;
  agreed: number;
};

/** The rules of voting as docs/traffic.md states them, without any index: everything is looked up by going over all. */
export function createVotesModel() {
  const cases: ModelCase[] = [];
  const specialists: ModelSpecialist[] = [];
  const holds = new Map<number, { held: ModelCase; endsAt: number }>();
  let now = 0;

  const isOpen = ({ status }: ModelCase) => status === 'initiated' || status === 'extended';
  const castNow = (each: ModelCase) => each.votes.filter(({ level }) => level === each.level);
  const holdersOf = (each: ModelCase) => [...holds].filter(([, { held }]) => held === each).map(([user]) => user);
  const placesOf = (each: ModelCase) => VOTES_TO_DECIDE - castNow(each).length - holdersOf(each).length;
  const had = (each: ModelCase, user: number) =>
    castNow(each).some((vote) => vote.user === user) || holdersOf(each).includes(user) || each.lapsed.has(user);
  const specialist = (id: number) => specialists.find((each) => each.id === id) as ModelSpecialist;

  function isLeftToOthers(each: ModelCase, user: number): boolean {
    return specialists.some(({ id, skill }) => id !== user && skill === each.level && !had(each, id));
  }

  function countDecided(of: ModelSpecialist, level: number, isRight: boolean): void {
    if (isRight) of.right++;
    else of.wrong++;
    of.streak = isRight ? of.streak + 1 : 0;
    if (level !== of.skill) return;
    of.window = `${of.window}${isRight ? '+' : '-'}`.slice(-20);
    if (of.window === '+'.repeat(20) && of.skill < 100) {
      of.skill++;
      of.window = '';
    } else if (of.window.replaceAll('+', '').length >= 10 && of.skill > 1) {
      of.skill--;
      of.window = '';
    }
  }

  function close(each: ModelCase, status: 'justified' | 'convicted'): void {
    each.status = status;
    const rewarded = new Set<number>();
    for (const { user, level, vote } of each.votes) {
      const isRight = (vote === 'convict') === (status === 'convicted');
      if (isRight && !rewarded.has(user)) specialist(user).wallet += MILLION;
      if (isRight) rewarded.add(user);
      countDecided(specialist(user), level, isRight);
    }
  }

  function decide(each: ModelCase): void {
    const votes = castNow(each);
    if (votes.length < VOTES_TO_DECIDE) return;
    each.lapsed.clear();
    const convict = votes.filter(({ vote }) => vote === 'convict').length;
    if (convict === 0 || convict === votes.length || each.level === 100) {
      close(each, convict > votes.length / 2 ? 'convicted' : 'justified');
      return;
    }
    each.status = 'extended';
    each.level++;
  }

  return {
    cases,
    specialists,
    addCase(no: number, level: number): void {
      cases.push({ no, level, status: 'initiated', votes: [], lapsed: new Set() });
    },
    addSpecialist(id: number, skill: number, window: string): void {
      const none = { wallet: 0, votes: 0, right: 0, wrong: 0, streak: 0, pairs: 0, agreed: 0 };
      specialists.push({ id, skill, window, ...none });
    },
    advance(seconds: number): void {
      now += seconds;
      for (const [user, { held, endsAt }] of [...holds]) {
        if (endsAt > now) continue;
        holds.delete(user);
        held.lapsed.add(user);
      }
    },
    /** Numbers of the cases of which the specialist may get any; empty: none. */
    eligible(user: number): number[] {
      const own = holds.get(user);
      if (own !== undefined) return [own.held.no];
      const { skill } = specialist(user);
      const free = cases.filter((each) => isOpen(each) && each.level === skill && placesOf(each) > 0);
      const fresh = free.filter((each) => !had(each, user));
      const again = free.filter((each) => each.lapsed.has(user) && !isLeftToOthers(each, user));
      return (fresh.length > 0 ? fresh : again).map(({ no }) => no);
    },
    /** The specialist has got this case. */
    take(user: number, no: number): void {
      if (holds.has(user)) return;
      const held = cases.find((each) => each.no === no) as ModelCase;
      held.lapsed.delete(user);
      holds.set(user, { held, endsAt: now + HOLD_S });
    },
    /** False without a case. */
    vote(user: number, vote: Vote): boolean {
      const held = holds.get(user)?.held;
      if (held === undefined) return false;
      holds.delete(user);
      for (const other of castNow(held)) {
        for (const each of [user, other.user].map(specialist)) {
          each.pairs++;
          if (other.vote === vote) each.agreed++;
        }
      }
      specialist(user).votes++;
      held.votes.push({ user, level: held.level, vote });
      decide(held);
      return true;
    },
  };
}
