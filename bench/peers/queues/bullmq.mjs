// BullMQ on a Redis behind a Unix socket: `node bullmq.mjs SOCKET [sandboxed]`. Sandboxed, its jobs run in child
// processes, as Svodka's tasks do.

import { fileURLToPath } from 'node:url';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { answerQuestions, nowMs } from '../../../dist/bench/peers/queues/questions.js';

const NAME = 'bench';
const AT_ONCE = 4;
const [socket, mode] = process.argv.slice(2);
const connect = () => new Redis({ path: socket, maxRetriesPerRequest: null });

const queue = new Queue(NAME, { connection: connect() });
const job = { name: 'noop', data: { a: 1 } };

function createWorker(onBegun, connection) {
  const options = { connection, concurrency: AT_ONCE };
  if (mode !== 'sandboxed') return new Worker(NAME, async () => onBegun(nowMs()), options);
  const processor = fileURLToPath(new URL('bullmq_sandboxed.mjs', import.meta.url));
  return new Worker(NAME, processor, options).on('completed', (_job, begunAt) => onBegun(begunAt));
}

answerQuestions({
  addOne: () => queue.add(job.name, job.data),
  addMany: (count) => queue.addBulk(Array.from({ length: count }, () => job)),
  async startWorker(onBegun) {
    const connection = connect();
    const worker = createWorker(onBegun, connection);
    worker.on('error', (reason) => process.stderr.write(`${reason}\n`));
    await worker.waitUntilReady();
    return async () => {
      await worker.close();
      connection.disconnect();
    };
  },
  async leftCount() {
    const { wait, active } = await queue.getJobCounts('wait', 'active');
    return wait + active;
  },
  clear: () => queue.obliterate({ force: true }),
});
