import { readFileSync } from 'node:fs';
import { CommandError, EXIT, type ExitCode } from './command_error.js';
import { harmless } from './terminal/plain_text.js';

type PrintError = (text: string) => void;

/** Of the package. */
export function readVersion(): string {
  // This file runs as dist/app/cli/run_main.js.
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version;
}

/** Writes messages for people, who may have put anything into them. */
export function createPrintError(stderr: NodeJS.WritableStream): PrintError {
  return (text) => {
    stderr.write(`${text.split('\n').map(harmless).join('\n')}\n`);
  };
}

/** Runs a program to its exit code. What is meant for the user is printed. @throws any other error */
export async function toExitCode(run: () => Promise<ExitCode>, printError: PrintError): Promise<ExitCode> {
  try {
    return await run();
  } catch (reason) {
    if (!(reason instanceof CommandError)) throw reason;
    if (reason.exitCode !== EXIT.success) printError(reason.message);
    return reason.exitCode;
  }
}
