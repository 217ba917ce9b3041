import { Argument, type Command } from 'commander';
import { EXIT } from '../../command_error.js';
import { harmless } from '../../terminal/plain_text.js';
import { addCommand, type Run } from '../options.js';
import { type Candidate, completionAt, named } from './candidates.js';
import { knownNames } from './known_names.js';
import { LOCAL_FILES, SHELLS, type Shell, shellScript } from './shell_scripts.js';
import { wordsOf } from './words.js';

/** Writes a line for each candidate, with its description after a tab. */
function writeCandidates(candidates: readonly Candidate[], begun: string, write: (text: string) => void): void {
  for (const { value, description } of candidates) {
    if (!value.startsWith(begun)) continue;
    write(`${[value, ...(description === '' ? [] : [description])].map(harmless).join('\t')}\n`);
  }
}

/** Adds `spa_ctl completion`, and the hidden command that its scripts call. */
export function addCompletionCommands(program: Command, run: Run, write: (text: string) => void): void {
  addCommand(program, {
    name: 'completion',
    description: 'Write a script that completes commands, options and names of the service in a shell.',
    examples: ['source <(spa_ctl completion bash)', 'spa_ctl completion zsh > ~/.zfunc/_spa_ctl'],
  })
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => write(shellScript(shell)));
  program
    .command('__complete', { hidden: true })
    .requiredOption('--line <text>')
    .action(async ({ line }: { line: string }) => {
      const [, ...words] = wordsOf(line);
      const begun = words.at(-1) ?? '';
      const completion = completionAt(program, words);
      if ('words' in completion) return writeCandidates(completion.words, begun, write);
      const { kind, given } = completion;
      if (kind === 'local file') return write(`${LOCAL_FILES}\n`);
      return run(given, async (spa) => {
        const names = await knownNames(spa, kind, given, begun);
        writeCandidates(named(names), begun, write);
        return EXIT.success;
      });
    });
}
