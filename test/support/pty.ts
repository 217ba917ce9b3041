import { spawnSync } from 'node:child_process';

/** Whether `script` of util-linux can run a program on a terminal. */
export const hasPty = spawnSync('script', ['--version']).status === 0;
