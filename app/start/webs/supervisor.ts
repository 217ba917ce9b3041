import type { Logger } from 'pino';
import { createSettingsReader } from '../../config.js';
import { executorAccess } from '../../db/connect.js';
import type { OnceParts } from '../../room.js';
import { makeEmbedded, startEmbedded } from '../embedded.js';
import { listenOnPorts } from '../listen.js';
import { createOrderedStop, type OrderedStop } from '../ordered_stop.js';
import { openRoomsOnce, startRooms, stopRooms } from '../service.js';
import type { Config } from '../settings.js';
import { createExchange } from './exchange.js';
import { createHandOver } from './hand_over.js';
import { createListeners } from './listeners.js';
import type { FromWeb, Handlers, Question } from './messages.js';
import { createWebHolds } from './web_holds.js';
import { createWebProcesses, type Web } from './web_processes.js';

type SupervisorOptions = {
  config: Config;
  log: Logger;
  /** The program of the service, compiled. */
  program: string;
  /** Called once everything has been started. */
  onReady(port: number, orderedStop: OrderedStop): Promise<void>;
};

/**
 * Runs the service in several web processes. This one answers no requests: it has the ports, Tarantool and whatever else is
 * there once, and starts a process again that has died (docs/adr/0036).
 */
export async function runSupervisor({ config, log, program, onReady }: SupervisorOptions): Promise<void> {
  let hasStarted = false;
  let isDatabaseStarted = false;
  const embedded = config.tarantoolAddresses.length === 0 ? makeEmbedded(config, log) : undefined;
  const stopping = new AbortController();
  const parts: OnceParts = {
    settings: createSettingsReader(config),
    executorAccess: executorAccess(config, embedded),
    log,
    stopping: stopping.signal,
    projectDir: config.projectDir,
  };
  const rooms = openRoomsOnce(config)(parts);
  const handOver = createHandOver();
  const holds = createWebHolds();
  const exchange = createExchange(config.webProcesses);
  const listeners = createListeners(handOver.give);
  const begun = new Set<Web>();
  const started = new Set<Web>();
  let onAllStarted = () => {};
  const allStarted = new Promise<void>((resolve) => {
    onAllStarted = resolve;
  });

  async function answer(web: Web, id: number, question: Question): Promise<void> {
    const value =
      question.what === 'gather' ? await exchange.gather(web, question.own) : await holds.answer(web, id, question);
    web.send({ type: 'answer', id, value });
  }

  const handlers: Handlers<FromWeb, [web: Web]> = {
    open(_, web) {
      exchange.join(web);
      // While another one has its database, one that has not yet is given nothing to answer with 503.
      if (started.size === 0) handOver.join(web);
    },
    started(_, web) {
      started.add(web);
      exchange.started(web);
      handOver.join(web);
      if (started.size === config.webProcesses) onAllStarted();
    },
    accepted: ({ id }, web) => handOver.accepted(web, id),
    figure: ({ name, value }, web) => exchange.setFigure(web, name, value),
    counted: ({ id, counted }, web) => exchange.counted(web, id, counted),
    release: ({ name }, web) => holds.release(web, name),
    endTurn: ({ id }, web) => holds.endTurn(web, id),
    ask: ({ id, question }, web) => void answer(web, id, question),
  };

  const webs = createWebProcesses({
    count: config.webProcesses,
    program,
    log,
    onBegun(web) {
      begun.add(web);
      holds.join(web);
      const access = embedded && {
        address: embedded.address,
        password: embedded.password,
        executorPassword: embedded.executorPassword,
      };
      web.send({ type: 'begin', embedded: access });
      if (isDatabaseStarted) web.send({ type: 'databaseStarted' });
    },
    onMessage: (web, message) => handlers[message.type](message as never, web),
    onEnded(web) {
      begun.delete(web);
      started.delete(web);
      handOver.leave(web);
      exchange.leave(web);
      holds.leave(web);
    },
  });

  // The port comes first: a second start fails there, before it touches the data. Until Tarantool is ready, answers are 503.
  const port = await listenOnPorts(config, log, listeners.listenOn);
  const orderedStop = createOrderedStop({
    log,
    hasStarted: () => hasStarted,
    async stop() {
      stopping.abort();
      listeners.close();
      await handOver.settled();
      await webs.stop();
      await stopRooms(rooms);
      await embedded?.stop();
    },
    onContained() {},
  });
  webs.start();
  if (embedded !== undefined) await startEmbedded(embedded, config);
  isDatabaseStarted = true;
  for (const web of begun) web.send({ type: 'databaseStarted' });
  await allStarted;
  if (orderedStop.isStopping()) return;
  await startRooms(rooms);
  hasStarted = true;
  await onReady(port, orderedStop);
}
