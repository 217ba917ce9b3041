// graphile-worker on a PostgreSQL behind a Unix socket: `node graphile_worker.mjs FOLDER`.

import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { answerQuestions, nowMs } from '../../../dist/bench/peers/queues/questions.js';

const AT_ONCE = 4;
const pgPool = new pg.Pool({ host: process.argv[2], user: 'postgres', database: 'postgres', max: 16 });
pgPool.on('error', () => {});
pgPool.on('connect', (client) => client.on('error', () => {}));
const logger = new Logger(() => () => {});

const utils = await makeWorkerUtils({ pgPool, logger });
await utils.migrate();
const job = { identifier: 'noop', payload: { a: 1 } };

answerQuestions({
  addOne: () => utils.addJob(job.identifier, job.payload),
  addMany: (count) => utils.addJobs(Array.from({ length: count }, () => job)),
  async startWorker(onBegun) {
    const taskList = { noop: async () => onBegun(nowMs()) };
    const runner = await run({ pgPool, logger, taskList, concurrency: AT_ONCE, noHandleSignals: true });
    return () => runner.stop();
  },
  async leftCount() {
    const { rows } = await pgPool.query('SELECT count(*)::int AS count FROM graphile_worker._private_jobs');
    return rows[0].count;
  },
  clear: () => pgPool.query('DELETE FROM graphile_worker._private_jobs'),
});
