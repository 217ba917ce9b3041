import type { Parts, Room } from '../../room.js';
import { threadMetrics } from '../../thread_pool.js';
import { createTableReader } from './reading/table_reader.js';
import { createRegistersRepository } from './repository.js';
import { convictedRoute } from './routes/convicted_route.js';
import { registerRoutes } from './routes/register_routes.js';
import { uploadRoute } from './routes/upload_route.js';
import { createRegistersService } from './service.js';
import { createXlsxWriter } from './text/xlsx_writer.js';

/** Car owners and violations: their import from spreadsheets, and the export of convicted cases. */
export function createRegistersRoom({ db, bodyBudget }: Parts): Room {
  const reader = createTableReader();
  const workbooks = createXlsxWriter();
  const service = createRegistersService(createRegistersRepository(db), reader);
  return {
    routes: [uploadRoute(service, bodyBudget), ...registerRoutes(service), convictedRoute(service, workbooks)],
    metrics: [...threadMetrics('read_table', reader.threadUse), ...threadMetrics('write_xlsx', workbooks.threadUse)],
    async stop() {
      await Promise.all([reader.close(), workbooks.close()]);
    },
  };
}
