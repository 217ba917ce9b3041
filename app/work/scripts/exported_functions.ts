import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { init as initCommonJs, parse as parseCommonJs } from 'cjs-module-lexer';
import { init as initModule, parse as parseModule } from 'es-module-lexer';

/** What a script file offers by name; 'unknown' where only running it would tell. */
export type ExportedNames = ReadonlySet<string> | 'unknown';

const PYTHON_TIMEOUT_MS = 10_000;
const MAX_NAMES_BYTES = 16 * 1024 * 1024;

/** Names that Python files define at their top level, found without running them; null for a file that is none. */
const LIST_PYTHON_NAMES = `
import ast, json, sys
def names_of(path):
    names = set()
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), path)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            names.add("*")
    return sorted(names)
def try_names_of(path):
    try:
        return names_of(path)
    except (OSError, SyntaxError, ValueError):
        return None
print(json.dumps([try_names_of(path) for path in sys.argv[1:]]))
`;

function toNames(names: readonly string[]): ExportedNames {
  return names.includes('*') ? 'unknown' : new Set(names);
}

async function javascriptNames(file: string): Promise<ExportedNames> {
  const text = await readFile(file, 'utf8');
  await Promise.all([initModule, initCommonJs()]);
  const [, exports, , hasModuleSyntax] = parseModule(text, file);
  if (hasModuleSyntax) {
    if (exports.some(({ type }) => type === 'reexport-all')) return 'unknown';
    return new Set(exports.flatMap((each) => ('name' in each && each.name !== undefined ? [each.name] : [])));
  }
  const { exports: named, reexports } = parseCommonJs(text, file);
  // `module.exports = make()` names nothing that can be seen.
  return reexports.length > 0 || named.length === 0 ? 'unknown' : toNames(named);
}

/**
 * The names that Python files export; undefined for one that cannot be read or is not valid.
 * @throws Error with `code` ENOENT when there is no python3
 */
export async function pythonNames(
  files: readonly string[],
  searchPath: string,
): Promise<(ExportedNames | undefined)[]> {
  const { stdout } = await promisify(execFile)('python3', ['-I', '-c', LIST_PYTHON_NAMES, ...files], {
    timeout: PYTHON_TIMEOUT_MS,
    maxBuffer: MAX_NAMES_BYTES,
    env: { PATH: searchPath },
  });
  return (JSON.parse(stdout) as (string[] | null)[]).map((names) => (names === null ? undefined : toNames(names)));
}

/**
 * The names that a script file exports, without running it. `searchPath`: a PATH, where python3 is looked for.
 * @throws Error when the file cannot be read or is not valid in its language
 */
export async function exportedNames(file: string, searchPath: string): Promise<ExportedNames> {
  if (!file.endsWith('.py')) return javascriptNames(file);
  const [names] = await pythonNames([file], searchPath);
  if (names === undefined) throw new Error('no valid Python');
  return names;
}
