// A yardstick in a child process that is kept warm: runs a function of a module for each message, and nothing else.
// `node bare_child.js MODULE`.

import { pathToFileURL } from 'node:url';

const [file] = process.argv.slice(2);
const functions = (await import(pathToFileURL(file as string).href)) as Record<string, (args: object) => unknown>;
process.on('message', ({ name, args }: { name: string; args: object }) => process.send?.(functions[name]?.(args)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
