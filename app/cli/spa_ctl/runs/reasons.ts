import { EXIT, type ExitCode } from '../../command_error.js';
import { type Names, namesOf, namesText, type Target } from '../options.js';
import type { Spa } from '../spa.js';

/** `log`: the last lines of the task that the sentence is about. */
type Why = { why: string; task: string | null; log: string[] };

function whyText({ why, task, log }: Why): string {
  if (task === null || log.length === 0) return why;
  return [why, `The last lines of ${task}:`, ...log.map((line) => `  ${line}`)].join('\n');
}

/** Why a run is as it is, in a sentence, with the last lines of the task that it is about. @throws CommandError */
export async function askWhy(spa: Spa, { project, workflow }: Names): Promise<string> {
  return whyText(await spa.client.call<Why>('workflow.why', { project, workflow }));
}

export async function showWhy(spa: Spa, target: Target): Promise<ExitCode> {
  const names = namesOf(spa, target);
  const answer = await spa.client.call<Why>('workflow.why', names);
  if (spa.asJson) spa.writeJson(answer);
  else spa.say(whyText(answer));
  return EXIT.success;
}

export async function showEta(spa: Spa, target: Target): Promise<ExitCode> {
  const names = namesOf(spa, target);
  const answer = await spa.client.call<{ text: string }>('workflow.eta', names);
  if (spa.asJson) spa.writeJson(answer);
  else spa.say(`${namesText(names)}: ${answer.text}`);
  return EXIT.success;
}
