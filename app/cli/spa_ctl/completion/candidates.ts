import type { Command, Option } from 'commander';

/** What the service or the shell knows. */
export type Kind = 'project' | 'workflow' | 'task' | 'remote file' | 'local file';

export type Candidate = { value: string; description: string };

/** Words to choose from, or the kind of names to ask for with the project and workflow given so far. */
type Completion = { words: Candidate[] } | { kind: Kind; given: Given };

/** Values of options by their names, such as `project` and `url`. */
export type Given = Readonly<Record<string, string>>;

const KIND_OF_OPTION: Readonly<Record<string, Kind>> = {
  project: 'project',
  workflow: 'workflow',
  task: 'task',
  file: 'local file',
};
const KIND_OF_ARGUMENT: Readonly<Record<string, Kind>> = {
  project: 'project',
  local: 'local file',
  remote: 'remote file',
  path: 'remote file',
};

function isHidden(command: Command): boolean {
  return command.name().startsWith('_');
}

/** The options of a command and those of the commands above it. */
function optionsOf(command: Command): Option[] {
  const above = command.parent === null ? [] : optionsOf(command.parent);
  return [...command.options, ...above];
}

export function named(words: readonly string[]): Candidate[] {
  return words.map((value) => ({ value, description: '' }));
}

/** What may stand at the last of the words, which follow the name of the program. It may have been begun. */
export function completionAt(program: Command, words: readonly string[]): Completion {
  let command = program;
  let argument = 0;
  let pending: Option | undefined;
  const given: Record<string, string> = {};
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) {
      given[pending.attributeName()] = word;
      pending = undefined;
    } else if (word.startsWith('-')) {
      const option = optionsOf(command).find(({ long, short }) => long === word || short === word);
      if (option?.required || option?.optional) pending = option;
    } else {
      const sub = command.commands.find((each) => each.name() === word);
      if (sub === undefined) argument++;
      else command = sub;
    }
  }
  if (pending !== undefined) {
    const kind = KIND_OF_OPTION[pending.attributeName()];
    return kind === undefined ? { words: named(pending.argChoices ?? []) } : { kind, given };
  }
  if (words.at(-1)?.startsWith('-')) {
    const options = [...optionsOf(command), program.createOption('--help', 'show help')];
    return { words: options.map(({ long, short, description }) => ({ value: long ?? short ?? '', description })) };
  }
  if (command.commands.length > 0) {
    const visible = command.commands.filter((each) => !isHidden(each));
    return { words: visible.map((each) => ({ value: each.name(), description: each.description() })) };
  }
  const expected = command.registeredArguments[argument];
  if (expected === undefined) return { words: [] };
  const kind = KIND_OF_ARGUMENT[expected.name()];
  return kind === undefined ? { words: named(expected.argChoices ?? []) } : { kind, given };
}
