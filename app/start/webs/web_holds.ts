import { createHolds, type Hold } from '../../siblings/holds.js';
import type { Question } from './messages.js';
import type { Web } from './web_processes.js';

type Own = { holds: Map<string, Hold>; endTurn: Map<number, () => void> };

type WebHolds = {
  join(web: Web): void;
  /** Gives back all that the process has. */
  leave(web: Web): void;
  answer(web: Web, id: number, question: Exclude<Question, { what: 'gather' }>): Promise<unknown>;
  release(web: Web, name: string): void;
  endTurn(web: Web, id: number): void;
};

/** What web processes hold and take turns in, on behalf of all of them. */
export function createWebHolds(): WebHolds {
  const holds = createHolds();
  const ownOf = new Map<Web, Own>();

  async function hold(web: Web, name: string): Promise<void> {
    const taken = await holds.hold(name);
    const own = ownOf.get(web);
    if (own === undefined) {
      taken.release();
      return;
    }
    own.holds.set(name, taken);
    taken.wanted.addEventListener('abort', () => web.send({ type: 'wanted', name }));
  }

  /** Resolves when the turn begins. */
  function beginTurn(web: Web, id: number, name: string): Promise<void> {
    return new Promise((begin) => {
      const untilEnd = () =>
        new Promise<void>((end) => {
          const own = ownOf.get(web);
          if (own === undefined) end();
          else own.endTurn.set(id, end);
          begin();
        });
      void holds.inTurn(name, untilEnd);
    });
  }

  function release(web: Web, name: string): void {
    const own = ownOf.get(web);
    own?.holds.get(name)?.release();
    own?.holds.delete(name);
  }

  function endTurn(web: Web, id: number): void {
    const own = ownOf.get(web);
    own?.endTurn.get(id)?.();
    own?.endTurn.delete(id);
  }

  return {
    join(web) {
      ownOf.set(web, { holds: new Map(), endTurn: new Map() });
    },
    leave(web) {
      const own = ownOf.get(web);
      ownOf.delete(web);
      for (const each of own?.holds.values() ?? []) each.release();
      for (const end of own?.endTurn.values() ?? []) end();
    },
    async answer(web, id, question) {
      switch (question.what) {
        case 'hold':
          return hold(web, question.name);
        case 'held':
          return [...(await holds.held())];
        case 'wrest':
          return holds.wrest(question.name);
        case 'turn':
          return beginTurn(web, id, question.name);
      }
    },
    release,
    endTurn,
  };
}
