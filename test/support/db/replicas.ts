import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, projectDir } from '../folder.js';
import { startBadNet } from '../http/bad_net.js';
import { freePort } from '../ports.js';
import { type RunningService, startService } from '../service.js';
import { settingsFor } from './external.js';
import { type RunningTarantool, startTarantool } from './tarantool.js';

const PASSWORD = 'for-the-replicas';

/** One of two Tarantools: its data folder and how to start it, also repeatedly. */
export type Node = {
  dataDir: string;
  address: { host: string; port: number };
  start(): Promise<RunningTarantool>;
  /** Deletes all data, as when the other instance is to be copied afresh. */
  wipe(): Promise<void>;
  /** Runs svodka-takeover there; returns its exit code and output. */
  takeOver(...flags: string[]): Promise<{ code: number | null; text: string }>;
};

type NodeOptions = { port: number; peerPort: number; isStandby: boolean; script?: string | undefined };

function createNode({ port, peerPort, isStandby, script }: NodeOptions): Node {
  const dataDir = makeFolder();
  const env = {
    SVODKA_REPLICATION_PASSWORD: PASSWORD,
    SVODKA_PEER: `127.0.0.1:${peerPort}`,
    SVODKA_STANDBY: isStandby ? '1' : '',
  };
  return {
    dataDir,
    address: { host: '127.0.0.1', port },
    start: () => startTarantool({ over: { port }, dataDir, env, ...(script !== undefined && { script }) }),
    async wipe() {
      for (const file of await readdir(dataDir)) {
        if (/\.(snap|xlog|vylog)$|^\d+$/.test(file)) rmSync(join(dataDir, file), { recursive: true });
      }
    },
    async takeOver(...flags) {
      const tarantool = process.env['SVODKA_TARANTOOL_BIN'] ?? 'tarantool';
      const child = spawn(tarantool, [join(projectDir, 'tarantool', 'bin', 'svodka-takeover'), ...flags], {
        env: { PATH: process.env['PATH'], SVODKA_TARANTOOL_DIR: dataDir },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
      }
      const [code] = await once(child, 'close');
      return { code, text };
    },
  };
}

export type Replicas = {
  /** The initial primary and the initial replica. */
  nodes: [Node, Node];
  running: [RunningTarantool, RunningTarantool];
  service: RunningService;
  /** The connection between replica and primary, which tests can interrupt. */
  net: Awaited<ReturnType<typeof startBadNet>>;
  stop(): Promise<void>;
};

/** Two Tarantools, the second replicating the first over a connection that tests can stall, and a service on both. */
export async function startReplicas(script?: string): Promise<Replicas> {
  const [firstPort, secondPort] = [await freePort(), await freePort()];
  const net = await startBadNet({ host: '127.0.0.1', port: firstPort });
  const nodes: [Node, Node] = [
    createNode({ port: firstPort, peerPort: secondPort, isStandby: false, script }),
    createNode({ port: secondPort, peerPort: net.address.port, isStandby: true, script }),
  ];
  const running: [RunningTarantool, RunningTarantool] = [await nodes[0].start(), await nodes[1].start()];
  const service = await startService({
    env: { ...settingsFor(running[0]), SVODKA_REPLICA_URI: `127.0.0.1:${secondPort}` },
  });
  const replicas: Replicas = {
    nodes,
    running,
    service,
    net,
    async stop() {
      await service.stop();
      // The current processes: a test may have replaced them.
      for (const tarantool of replicas.running) await tarantool.end('SIGKILL');
      await net.close();
    },
  };
  return replicas;
}
