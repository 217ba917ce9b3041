import type { Place } from '../frame/place.js';
import { html, type View } from '../frame/view.js';
import { NotFound } from '../shared/notes.js';
import { AlarmsView } from './alarms/alarms_view.js';
import { FilesView } from './files/files_view.js';
import { parseWorkPath } from './place.js';
import { NewTaskView } from './tasks/new_task_view.js';
import { TaskView } from './tasks/task_view.js';
import { TasksView } from './tasks/tasks_view.js';
import { WorkflowView } from './workflows/workflow_view.js';
import { WorkflowsView } from './workflows/workflows_view.js';

/** The views of tasks, workflows, alarms and files. */
export function WorkContent({ path, query }: Place): View {
  const place = parseWorkPath(path);
  switch (place.name) {
    case 'tasks':
      return html`<${TasksView} query=${query} />`;
    case 'newTask':
      return html`<${NewTaskView} />`;
    case 'task':
      return html`<${TaskView} key=${place.taskId} taskId=${place.taskId} />`;
    case 'workflows':
      return html`<${WorkflowsView} />`;
    case 'workflow':
      return html`<${WorkflowView} key=${path} project=${place.project} workflow=${place.workflow} query=${query} />`;
    case 'alarms':
      return html`<${AlarmsView} query=${query} />`;
    case 'files':
      return html`<${FilesView} query=${query} />`;
    default:
      return html`<${NotFound} />`;
  }
}
