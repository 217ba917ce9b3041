/** Work for the threads in tests: returns the task at once, or never. */
export function work(task: string): string {
  while (task === 'endless');
  return task;
}
