/** What threads of tests run: answers the task at once, or never. */
export function work(task: string): string {
  while (task === 'endless');
  return task;
}
