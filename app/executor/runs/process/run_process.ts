// The process of one run: `node run_process.js WORKFLOW`. A child of the executor, parent of the run's tasks. It speaks
// JSON lines on descriptor 3 and has no access to the database. SIGUSR1 asks it to stop. It ends with its executor.

import { Socket } from 'node:net';
import { createJsonLines } from '../../children/json_lines.js';
import type { PlannedTask, ToRun } from '../messages.js';
import { carryOut } from './carry_out.js';

const MESSAGES_FD = 3;
const EXIT_LEFTOVERS = 1;

const channel = new Socket({ fd: MESSAGES_FD, readable: true, writable: true });
const planned: PlannedTask[] = [];
const run = carryOut({
  send: (message) => void lines.send(message),
  onEnd: () => process.exit(0),
});
process.on('SIGUSR1', () => run.stop('SIGUSR1'));

function onMessage(message: ToRun): void {
  switch (message.type) {
    case 'stored':
      run.stored(message.seq);
      break;
    case 'logged':
      run.logged(message.task);
      break;
    case 'asked':
      for (const forced of message.forced) run.force(forced);
      if (message.stopBy !== null) run.stop(message.stopBy);
      break;
    case 'plan':
      planned.push(...message.tasks);
      if (message.run === undefined) break;
      // In `ps` the run has the name of its workflow.
      process.title = message.run.name;
      void run.begin(message.run, planned);
  }
}

const lines = createJsonLines(
  channel,
  (message) => onMessage(message as ToRun),
  (reason) => {
    throw new Error(reason);
  },
);

async function endWithExecutor(): Promise<void> {
  process.exit((await run.killAll()) ? 0 : EXIT_LEFTOVERS);
}
channel.once('close', () => void endWithExecutor());
