import { writeFileSync } from 'node:fs';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { fittedTable } from '../terminal/fitted_table.js';
import type { Credentials } from './credentials.js';
import { type Answer, answerText, type ClientRequest, jsonOf, send } from './request.js';
import { watchTask } from './watch_task.js';

export type Account = { username: string; password: string };

type PeopleParts = {
  url: URL;
  /** The token given with --t; it takes precedence over the stored one. */
  token: string | undefined;
  credentials: Credentials;
  stdout: NodeJS.WritableStream & { columns?: number };
  stderr: NodeJS.WritableStream;
  signal: AbortSignal;
};

export type PeopleCommands = {
  register(account: Account): Promise<ExitCode>;
  logIn(account: Account): Promise<ExitCode>;
  create(name: string | undefined): Promise<ExitCode>;
  list(): Promise<ExitCode>;
  history(id: string): Promise<ExitCode>;
  watch(id: string): Promise<ExitCode>;
  saveResult(id: string, file: string): Promise<ExitCode>;
};

/** `2026-11-27T20:30:11.123456Z` -> `2026-11-27 20:30:11` */
function timeText(time: unknown): string {
  return String(time).replace('T', ' ').slice(0, 19);
}

/** The commands for interactive use: the token is stored after a log-in, lists are shown as tables. */
export function createPeopleCommands(parts: PeopleParts): PeopleCommands {
  const { url, credentials, stdout, stderr, signal } = parts;
  const say = (text: string) => void stdout.write(`${text}\n`);

  function at(path: string): URL {
    return new URL(`${url.pathname.replace(/\/$/, '')}${path}`, url);
  }

  /** @throws CommandError when there is no token */
  function requireToken(): string {
    const token = parts.token ?? credentials.tokenFor(url.origin);
    if (token !== undefined) return token;
    throw new CommandError(EXIT.usage, `There is no token for ${url.origin} yet: log in with "client_app login".`);
  }

  /** @throws CommandError with the answer of the service when it is a refusal */
  async function ask(request: ClientRequest): Promise<Answer> {
    const answer = await send(request);
    if (answer.isGood) return answer;
    if (answer.status === 503) throw new CommandError(EXIT.unavailable, answerText(answer));
    throw new CommandError(EXIT.refused, answerText(answer));
  }

  const get = (path: string) => ask({ method: 'GET', url: at(path), token: requireToken() });

  async function logIn({ username, password }: Account): Promise<void> {
    const answer = await ask({ method: 'POST', url: at('/api-token-auth/'), form: { username, password } });
    const { token } = jsonOf(answer) as { token: string };
    credentials.keep(url.origin, token);
  }

  return {
    async register({ username, password }) {
      await ask({ method: 'POST', url: at('/api/v1/registration'), form: { username, password } });
      await logIn({ username, password });
      say(`${username} is registered and logged in to ${url.origin}.`);
      return EXIT.success;
    },

    async logIn(account) {
      await logIn(account);
      say(`${account.username} is logged in to ${url.origin}.`);
      return EXIT.success;
    },

    async create(name) {
      const answer = await ask({
        method: 'POST',
        url: at('/api/v1/task_create/'),
        token: requireToken(),
        form: { name },
      });
      const task = jsonOf(answer) as { id: number; name: string };
      say(`task ${task.id}: ${task.name}`);
      return EXIT.success;
    },

    async list() {
      const tasks = jsonOf(await get('/api/v1/tasks/')) as Record<string, unknown>[];
      const rows = tasks.map((task) => [task['id'], task['status'], task['name'], timeText(task['created_at'])]);
      say(fittedTable(['id', 'status', 'name', 'created'], rows, stdout.columns));
      return EXIT.success;
    },

    async history(id) {
      const answer = jsonOf(await get(`/api/v1/task_history/${id}`)) as { status_history: Record<string, unknown>[] };
      const rows = answer.status_history.map((entry) => [timeText(entry['created_at']), entry['name']]);
      say(fittedTable(['time', 'status'], rows, stdout.columns));
      return EXIT.success;
    },

    watch: (id) =>
      watchTask({ method: 'GET', url: at(`/api/v1/tasks/${id}/events`), token: requireToken() }, { stderr, signal }),

    async saveResult(id, file) {
      const { bytes } = await get(`/api/v1/tasks/${id}/result`);
      if (file === '-') {
        stdout.write(bytes);
        return EXIT.success;
      }
      try {
        writeFileSync(file, bytes);
      } catch (reason) {
        throw new CommandError(EXIT.usage, `${file} cannot be written: ${(reason as NodeJS.ErrnoException).code}.`);
      }
      say(`${file}: ${bytes.length} bytes`);
      return EXIT.success;
    },
  };
}
