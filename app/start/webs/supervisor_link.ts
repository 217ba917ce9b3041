import type { Socket } from 'node:net';
import type { Counted, Gather } from '../../metrics/together.js';
import type { Hold, Holds } from '../../siblings/holds.js';
import type { Siblings } from '../../siblings/siblings.js';
import type { EmbeddedAccess, FromWeb, Handlers, Question, ServerName, ToWeb } from './messages.js';
import { createSharedFigures } from './shared_figures.js';

/** What a web process does for its supervisor. */
type Service = {
  adopt: Readonly<Record<ServerName, (socket: Socket) => void>>;
  counted(): Promise<Counted>;
};

/** The supervisor, as a web process sees it. */
type SupervisorLink = {
  /** undefined: the database is not the supervisor's. */
  embedded: EmbeddedAccess | undefined;
  siblings: Siblings;
  gather: Gather;
  /** Connections come from now on. */
  open(service: Service): void;
  databaseStarted: Promise<void>;
  started(): void;
};

function tell(message: FromWeb): void {
  // The callback takes the error of a supervisor that has ended; this process ends then, too.
  process.send?.(message, undefined, undefined, () => {});
}

function createQuestions() {
  const answers = new Map<number, (value: unknown) => void>();
  let lastId = 0;
  return {
    /** Resolves with the answer; `id` is that of the question. */
    ask(question: Question): Promise<{ id: number; value: unknown }> {
      lastId++;
      const id = lastId;
      return new Promise((resolve) => {
        answers.set(id, (value) => resolve({ id, value }));
        tell({ type: 'ask', id, question });
      });
    },
    answered(id: number, value: unknown): void {
      answers.get(id)?.(value);
      answers.delete(id);
    },
  };
}

type Ask = ReturnType<typeof createQuestions>['ask'];

/** What this process holds, which the supervisor knows of. */
function createOwnHolds(ask: Ask): Holds & { wanted(name: string): void } {
  const wantedOf = new Map<string, AbortController>();
  return {
    async hold(name): Promise<Hold> {
      const wanted = new AbortController();
      wantedOf.set(name, wanted);
      await ask({ what: 'hold', name });
      const release = () => {
        if (wantedOf.get(name) !== wanted) return;
        wantedOf.delete(name);
        tell({ type: 'release', name });
      };
      return { wanted: wanted.signal, release };
    },
    async held() {
      const { value } = await ask({ what: 'held' });
      return new Set(value as readonly string[]);
    },
    async wrest(name) {
      await ask({ what: 'wrest', name });
    },
    async inTurn(name, work) {
      const { id } = await ask({ what: 'turn', name });
      try {
        return await work();
      } finally {
        tell({ type: 'endTurn', id });
      }
    },
    wanted: (name) => wantedOf.get(name)?.abort(),
  };
}

/** A promise, and the function that resolves it. */
function createArrival<Value>(): { arrived: Promise<Value>; arrive(value: Value): void } {
  let arrive = (_value: Value) => {};
  const arrived = new Promise<Value>((resolve) => {
    arrive = resolve;
  });
  return { arrived, arrive: (value) => arrive(value) };
}

/** Joins the supervisor that has started this process. The process ends when the supervisor does. */
export async function joinSupervisor(): Promise<SupervisorLink> {
  const figures = createSharedFigures((name, value) => tell({ type: 'figure', name, value }));
  const { ask, answered } = createQuestions();
  const holds = createOwnHolds(ask);
  const begun = createArrival<EmbeddedAccess | undefined>();
  const database = createArrival<void>();
  let count = { running: 1, wanted: 1 };
  let service: Service | undefined;

  async function answerCount(id: number): Promise<void> {
    if (service !== undefined) tell({ type: 'counted', id, counted: await service.counted() });
  }

  const handlers: Handlers<ToWeb, [socket: Socket | undefined]> = {
    begin: (message) => begun.arrive(message.embedded),
    databaseStarted: () => database.arrive(),
    connection({ id, server }, socket) {
      if (socket !== undefined) service?.adopt[server](socket);
      tell({ type: 'accepted', id });
    },
    webCount(message) {
      count = message;
    },
    figure: ({ name, others }) => figures.learn(name, others),
    count: ({ id }) => void answerCount(id),
    wanted: ({ name }) => holds.wanted(name),
    answer: ({ id, value }) => answered(id, value),
  };

  process.on('message', (message, socket) => {
    const known = message as ToWeb;
    handlers[known.type](known as never, socket as Socket | undefined);
  });
  // It would get no more connections, and a new supervisor starts its own processes.
  process.once('disconnect', () => process.exit(1));
  return {
    embedded: await begun.arrived,
    siblings: { figure: figures.create, count: () => count, holds },
    databaseStarted: database.arrived,
    gather: async (own) => (await ask({ what: 'gather', own })).value as readonly Counted[],
    open(opened) {
      service = opened;
      tell({ type: 'open' });
    },
    started: () => tell({ type: 'started' }),
  };
}
