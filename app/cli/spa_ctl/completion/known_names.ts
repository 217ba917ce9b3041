import { smallRequest } from '../../rpc/small_request.js';
import type { Spa } from '../spa.js';
import type { Given, Kind } from './candidates.js';

type ListedProject = { project: string; workflows: { name: string }[] };
type Tree = { context: { project: { workflows: { tasks: { name: string }[] }[] } } };

/** The names of a kind that the service has; none when it cannot be asked. */
export async function knownNames(spa: Spa, kind: Kind, { project, workflow }: Given, begun: string): Promise<string[]> {
  const { client } = spa;
  const found = spa.findProject(project);
  try {
    switch (kind) {
      case 'project':
        return (await client.call<ListedProject[]>('workflow.list', {})).map((each) => each.project);
      case 'workflow': {
        const projects = await client.call<ListedProject[]>(
          'workflow.list',
          found === undefined ? {} : { project: found },
        );
        return projects.flatMap(({ workflows }) => workflows.map(({ name }) => name));
      }
      case 'task': {
        if (found === undefined || workflow === undefined) return [];
        const { context } = await client.call<Tree>('workflow.dump', { project: found, workflow });
        return context.project.workflows.flatMap(({ tasks }) => tasks.map(({ name }) => name));
      }
      case 'remote file': {
        const path = `/files/?${new URLSearchParams({ prefix: begun })}`;
        const rows = (await smallRequest(client, 'GET', path)) as { path: string }[];
        return rows.map((row) => row.path);
      }
      case 'local file':
        return [];
    }
  } catch {
    return [];
  }
}
