import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Argument, Command, Option } from 'commander';
import { completionAt } from '../../../../app/cli/spa_ctl/completion/candidates.js';
import { wordsOf } from '../../../../app/cli/spa_ctl/completion/words.js';

describe('a command line as typed', () => {
  const cases: [line: string, words: string[]][] = [
    ['', ['']],
    ['spa_ctl', ['spa_ctl']],
    ['spa_ctl ', ['spa_ctl', '']],
    ['spa_ctl  run\t-p', ['spa_ctl', 'run', '-p']],
    ['a my\\ name', ['a', 'my name']],
    [`a "my name" 'it is "so"' "a \\"b" `, ['a', 'my name', 'it is "so"', 'a "b', '']],
    [`a 'open`, ['a', 'open']],
    [`a '' b`, ['a', '', 'b']],
    ['a b\\', ['a', 'b']],
  ];
  for (const [line, words] of cases) {
    it(`is parted into words: ${line}`, () => assert.deepEqual(wordsOf(line), words));
  }
});

describe('what may stand at the cursor', () => {
  const program = new Command('x').option('--url <url>', 'where').option('--json');
  program
    .command('run')
    .description('Start.')
    .option('-p, --project <name>')
    .option('-w, --workflow <name>')
    .option('-t, --task <name>')
    .addOption(new Option('--how <way>').choices(['now', 'later']))
    .option('--wait', 'to the end');
  program.command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh']));
  const file = program.command('file').description('Files.');
  file.command('put <local> <remote>').description('Send.');
  program.command('__complete', { hidden: true });

  const words = (line: string) => {
    const completion = completionAt(program, wordsOf(line));
    return 'words' in completion ? completion.words.map(({ value }) => value) : completion;
  };
  const cases: [line: string, expected: unknown, reason: string][] = [
    ['', ['run', 'completion', 'file'], 'commands, without hidden ones'],
    ['--url http://a ', ['run', 'completion', 'file'], 'after an option with a value'],
    ['file ', ['put'], 'commands of a command'],
    ['run --', ['--project', '--workflow', '--task', '--how', '--wait', '--url', '--json', '--help'], 'options'],
    ['run --how ', ['now', 'later'], 'choices of an option'],
    ['run -p ', { kind: 'project', given: {} }, 'projects'],
    ['run -p pr1 -w wf1 -t ', { kind: 'task', given: { project: 'pr1', workflow: 'wf1' } }, 'tasks of a workflow'],
    ['--url http://a run --wait -w ', { kind: 'workflow', given: { url: 'http://a' } }, 'with the address given'],
    ['completion ', ['bash', 'zsh'], 'choices of an argument'],
    ['file put ', { kind: 'local file', given: {} }, 'a file of this machine'],
    ['file put a.csv ', { kind: 'remote file', given: {} }, 'a file of the service'],
    ['file put a.csv b.csv ', [], 'nothing more'],
    ['nothing ', ['run', 'completion', 'file'], 'after an unknown command'],
  ];
  for (const [line, expected, reason] of cases) {
    it(`is known: ${reason}`, () => assert.deepEqual(words(line), expected));
  }
});
