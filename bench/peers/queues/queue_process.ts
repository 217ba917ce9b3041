import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Question, Questions } from './questions.js';

/** A job queue in a process of its own. */
export type QueueProcess = Questions & { stop(): Promise<void> };

/** Starts a program that answers questions (questions.ts). @throws Error when it ends instead */
export async function startQueueProcess(program: string, args: readonly string[]): Promise<QueueProcess> {
  const child = fork(program, args);
  const exited = once(child, 'exit');

  async function nextAnswer(): Promise<unknown> {
    const ended = exited.then(() => [{ error: `${program} has ended` }]);
    const [message] = await Promise.race([once(child, 'message'), ended]);
    if (message.error !== undefined) throw new Error(message.error);
    return message.answer;
  }
  function ask(question: Question): Promise<unknown> {
    child.send(question);
    return nextAnswer();
  }

  await nextAnswer();
  return {
    added: async (parts) => (await ask({ name: 'added', parts })) as number,
    done: async (parts) => (await ask({ name: 'done', parts })) as number,
    latency: async (parts) => (await ask({ name: 'latency', parts })) as number[],
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
