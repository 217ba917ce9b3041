import { Router } from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import bodyParser from 'koa-bodyparser';
import type pg from 'pg';
import { citizenIdFromPath, importIdFromPath } from '../../../app/census/path_ids.js';
import { ERRORS, ServiceError } from '../../../app/errors.js';
import { createImport, listCitizens, patchCitizen } from './imports.js';
import { birthdays, townPercentiles } from './stats.js';
import { validChanges, validImport } from './validation.js';

/** PostgreSQL's text type can store everything except U+0000. */
const UNTRANSLATABLE = '22021';

async function answerErrors(ctx: Context, next: Next): Promise<void> {
  try {
    await next();
  } catch (reason) {
    if (reason instanceof ServiceError) {
      ctx.status = ERRORS[reason.code].status;
      ctx.body = { code: reason.code, detail: reason.message, errors: reason.violations };
    } else if ((reason as { code?: unknown }).code === UNTRANSLATABLE) {
      ctx.status = 400;
      ctx.body = { code: 'INVALID_INPUT', detail: 'PostgreSQL holds no U+0000' };
    } else {
      // The body parser's errors carry a status; other errors are bugs of our own.
      ctx.status = (reason as { status?: number }).status ?? 500;
      ctx.body = { code: 'INTERNAL' };
      if (ctx.status >= 500) process.stderr.write(`${(reason as Error).stack}\n`);
    }
  }
}

/** The five handlers on PostgreSQL, in straightforward Koa. */
export function createApp(pool: pg.Pool): Koa {
  const router = new Router();
  router.post('/imports', async (ctx) => {
    const citizens = validImport(ctx.request.body);
    ctx.body = { data: { import_id: await createImport(pool, citizens) } };
    ctx.status = 201;
  });
  router.patch('/imports/:import_id/citizens/:citizen_id', async (ctx) => {
    const citizenId = citizenIdFromPath(ctx.params);
    const changes = validChanges(citizenId, ctx.request.body);
    ctx.body = { data: await patchCitizen(pool, importIdFromPath(ctx.params), citizenId, changes) };
  });
  router.get('/imports/:import_id/citizens', async (ctx) => {
    const json = await listCitizens(pool, importIdFromPath(ctx.params));
    ctx.type = 'application/json';
    ctx.body = json;
  });
  router.get('/imports/:import_id/citizens/birthdays', async (ctx) => {
    ctx.body = { data: await birthdays(pool, importIdFromPath(ctx.params)) };
  });
  router.get('/imports/:import_id/towns/stat/percentile/age', async (ctx) => {
    ctx.body = { data: await townPercentiles(pool, importIdFromPath(ctx.params)) };
  });

  const app = new Koa();
  app.use(answerErrors);
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: '100mb' }));
  app.use(router.routes());
  return app;
}
