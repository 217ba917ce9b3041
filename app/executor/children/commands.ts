import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Language } from '../../work/scripts/find_script.js';
import type { InterpreterCommand } from './interpreter.js';

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
