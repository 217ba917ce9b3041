import type { Place } from '../frame/place.js';
import { html, type View } from '../frame/view.js';
import { NotFound } from '../shared/notes.js';
import { parseWorkPath } from './place.js';
import { NewTaskView } from './tasks/new_task_view.js';
import { TaskView } from './tasks/task_view.js';
import { TasksView } from './tasks/tasks_view.js';

/** The views of tasks. */
export function WorkContent({ path, query }: Place): View {
  const place = parseWorkPath(path);
  if (place.name === 'tasks') return html`<${TasksView} query=${query} />`;
  if (place.name === 'newTask') return html`<${NewTaskView} />`;
  if (place.name === 'task') return html`<${TaskView} key=${place.taskId} taskId=${place.taskId} />`;
  return html`<${NotFound} />`;
}
