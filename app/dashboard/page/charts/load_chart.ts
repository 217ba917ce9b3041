/**
 * Loads Chart.js, 200 KB, which defines the global `Chart`. A script element would need a trusted URL, which the
 * Content-Security-Policy forbids; its build also runs as a module.
 */
export async function loadChart(): Promise<void> {
  await import('chart.js');
}
