import { ServiceError } from '../../errors.js';
import type { JobsService } from '../jobs/service.js';

/** The engine without runs of workflows, which are jobs and no tasks: here they do not exist. */
export function tasksOnly(service: JobsService): JobsService {
  const get: JobsService['get'] = async (caller, ref) => {
    const job = await service.get(caller, ref);
    if (job.type === 'run') throw new ServiceError('TASK_NOT_FOUND', 'No task has this id.');
    return job;
  };
  return {
    ...service,
    get,
    list: (caller, filter, page) => service.list(caller, { ...filter, type: 'script' }, page),
    async history(caller, ref) {
      await get(caller, ref);
      return service.history(caller, ref);
    },
    async cancel(caller, ref) {
      await get(caller, ref);
      return service.cancel(caller, ref);
    },
    async watch(caller, id, listener) {
      await get(caller, id);
      return service.watch(caller, id, listener);
    },
  };
}
