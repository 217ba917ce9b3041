import { basename } from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../command_error.js';
import { smallRequest } from '../../rpc/small_request.js';
import { fittedTable } from '../../terminal/fitted_table.js';
import { bytesText } from '../../terminal/plain_text.js';
import { utcText } from '../../terminal/time_text.js';
import { addCommand, type Run } from '../options.js';
import type { GlobalOptions, Spa } from '../spa.js';
import { downloadFile } from './download.js';
import { filePath } from './remote_path.js';
import { uploadFile } from './upload.js';

type FileRow = { path: string; size: number; etag: string | null; modified: number };

async function put(spa: Spa, local: string, given: string): Promise<ExitCode> {
  // A folder stands for a file in it with the name of the local one.
  const remote = given.endsWith('/') ? `${given}${basename(local)}` : given;
  const { size, sha256, isNew } = await uploadFile(spa, local, remote);
  const path = remote.replace(/^\/+/, '');
  if (spa.asJson) spa.writeJson({ path, size, etag: `"${sha256}"` });
  else {
    const became =
      isNew === undefined ? 'is there already, unchanged' : isNew ? 'is stored' : 'has replaced the one there';
    spa.say(`${path}: ${bytesText(size)}, ${became}`);
  }
  return EXIT.success;
}

async function get(spa: Spa, remote: string, local: string): Promise<ExitCode> {
  const downloaded = await downloadFile(spa, remote, local);
  if (spa.asJson) spa.writeJson(downloaded);
  else spa.say(`${downloaded.file}: ${bytesText(downloaded.size)}`);
  return EXIT.success;
}

async function list(spa: Spa, prefix: string): Promise<ExitCode> {
  const query = new URLSearchParams({ prefix: prefix.replace(/^\/+/, '') });
  const rows = (await smallRequest(spa.client, 'GET', `/files/?${query}`)) as FileRow[];
  if (spa.asJson) spa.writeJson(rows);
  else if (rows.length === 0) spa.say(prefix === '' ? 'There are no files.' : `There are no files below ${prefix}.`);
  else {
    const shown = rows.map(({ path, size, modified }) => [path, bytesText(size), utcText(modified)]);
    spa.streams.stdout.write(`${fittedTable(['file', 'size', 'changed (UTC)'], shown, spa.streams.stdout.columns)}\n`);
  }
  return EXIT.success;
}

async function remove(spa: Spa, remote: string): Promise<ExitCode> {
  await smallRequest(spa.client, 'DELETE', filePath(remote));
  if (spa.asJson) spa.writeJson({ removed: remote });
  else spa.say(`${remote} is removed`);
  return EXIT.success;
}

/** Adds `spa_ctl file ...`. */
export function addFileCommands(program: Command, run: Run): void {
  const file = program.command('file').description('Files of the service: put, get, ls, rm.');
  file.addHelpText('after', '\nExample:\n  spa_ctl file put report.csv reports/2026.csv\n');
  const optionsOf = (command: Command) => command.optsWithGlobals<GlobalOptions>();
  addCommand(file, {
    name: 'put <local> <remote>',
    description: 'Send a file. An upload that broke off goes on where it was.',
    examples: ['spa_ctl file put report.csv reports/2026.csv'],
  }).action((local: string, remote: string, _, command: Command) =>
    run(optionsOf(command), (spa) => put(spa, local, remote)),
  );
  addCommand(file, {
    name: 'get <remote> <local>',
    description: 'Fetch a file: it is there whole and checked, or not at all.',
    examples: ['spa_ctl file get reports/2026.csv report.csv', 'spa_ctl file get reports/2026.csv .'],
  }).action((remote: string, local: string, _, command: Command) =>
    run(optionsOf(command), (spa) => get(spa, remote, local)),
  );
  addCommand(file, {
    name: 'ls [path]',
    description: 'Show the files whose paths begin with PATH.',
    examples: ['spa_ctl file ls', 'spa_ctl file ls reports/'],
  }).action((path: string | undefined, _, command: Command) => run(optionsOf(command), (spa) => list(spa, path ?? '')));
  addCommand(file, {
    name: 'rm <remote>',
    description: 'Remove a file.',
    examples: ['spa_ctl file rm reports/2026.csv'],
  }).action((remote: string, _, command: Command) => run(optionsOf(command), (spa) => remove(spa, remote)));
}
