import { harmless } from './plain_text.js';

type Output = { write(text: string): unknown; isTTY?: boolean };

/** Writes JSON: indented for people, or as one line. Control characters are escaped, which does not change its meaning. */
export function writeJson(output: Output, value: unknown, asLine: boolean): void {
  const text = asLine ? JSON.stringify(value) : JSON.stringify(value, null, 2);
  output.write(`${text.split('\n').map(harmless).join('\n')}\n`);
}

/** Writes text that a program printed: as it is into files and pipes, without control characters on a terminal. */
export function writePrinted(output: Output, text: string): void {
  if (!output.isTTY) output.write(text);
  else output.write(text.replaceAll('\r\n', '\n').replace(/[^\n\t]+/g, harmless));
}
