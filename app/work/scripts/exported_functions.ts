import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { init as initCommonJs, parse as parseCommonJs } from 'cjs-module-lexer';
import { init as initModule, parse as parseModule } from 'es-module-lexer';

/** What a script file offers by name; 'unknown' where only running it would tell. */
export type ExportedNames = ReadonlySet<string> | 'unknown';

const PYTHON_TIMEOUT_MS = 10_000;

/** Names that a Python file defines at its top level, found without running it. */
const LIST_PYTHON_NAMES = `
import ast, json, sys
names = set()
with open(sys.argv[1], "rb") as file:
    tree = ast.parse(file.read(), sys.argv[1])
for node in tree.body:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        names.add(node.name)
    elif isinstance(node, ast.Assign):
        names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        names.update((alias.asname or alias.name.split(".")[0]) for alias in node.names)
    elif isinstance(node, (ast.If, ast.Try, ast.With)):
        names.add("*")
print(json.dumps(sorted(names)))
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

/** @throws Error with `code` ENOENT when there is no python3 */
async function pythonNames(file: string, searchPath: string): Promise<ExportedNames> {
  const { stdout } = await promisify(execFile)('python3', ['-I', '-c', LIST_PYTHON_NAMES, file], {
    timeout: PYTHON_TIMEOUT_MS,
    env: { PATH: searchPath },
  });
  return toNames(JSON.parse(stdout) as string[]);
}

/**
 * The names that a script file exports, without running it. `searchPath`: a PATH, where python3 is looked for.
 * @throws Error when the file cannot be read or is not valid in its language
 */
export function exportedNames(file: string, searchPath: string): Promise<ExportedNames> {
  return file.endsWith('.py') ? pythonNames(file, searchPath) : javascriptNames(file);
}
