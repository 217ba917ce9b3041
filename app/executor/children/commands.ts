import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Language } from '../../work/scripts/find_script.js';
import type { InterpreterCommand } from './interpreter.js';

/** Of the executor's own environment a script sees these, and what SVODKA_SCRIPT_ENV names. */
const PASSED_NAMES = ['PATH', 'LANG', 'TZ'];

/** What a script may see of the environment. */
export function scriptEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  moreNames: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...PASSED_NAMES, ...moreNames].flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** @param programsDir the folder of run_task.py; `scriptDir`: where Python looks for modules of the script */
export function interpreterCommand(
  language: Language,
  {
    programsDir,
    scriptDir,
    environment,
  }: { programsDir: string; scriptDir: string; environment: Readonly<Record<string, string>> },
): InterpreterCommand {
  if (language === 'python') {
    return { program: 'python3', args: ['-I', join(programsDir, 'run_task.py'), scriptDir], environment };
  }
  const program = fileURLToPath(new URL('../javascript/program.js', import.meta.url));
  return { program: process.execPath, args: [program], environment };
}
