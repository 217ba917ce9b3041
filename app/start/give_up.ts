/** Ends the process with a complaint for people, without a stack. */
export function giveUp(message: string): never {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}
