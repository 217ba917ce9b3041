import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { ConfigError } from '../../app/config.js';
import { ALL_SETTINGS, readConfig } from '../../app/start/settings.js';
import { COMMON, WINGS } from '../../app/wings.js';
import { makeFolder, projectDir } from '../support/folder.js';

const MB = 1024 ** 2;
const SECRET = 'correct horse';

function complaintsOf(env: Readonly<Record<string, string>>): string[] {
  try {
    readConfig(env);
  } catch (reason) {
    assert.ok(reason instanceof ConfigError);
    return reason.message.split('\n');
  }
  return [];
}

describe('settings', () => {
  it('have a default each: an embedded Tarantool, reached by nobody else', () => {
    const { workerCount, ...config } = readConfig({});
    assert.deepEqual(config, {
      host: '127.0.0.1',
      port: 8080,
      hosts: [],
      auth: 'work',
      alarmQuietS: 300,
      metricsHost: undefined,
      metricsPort: undefined,
      metricsAddress: undefined,
      hasMetricsBeside: true,
      dataDir: resolve('data'),
      tarantoolBin: 'tarantool',
      tarantoolAddresses: [],
      replicaAddress: undefined,
      tarantoolUser: 'svodka',
      tarantoolPassword: undefined,
      executorUser: 'svodka_executor',
      executorPassword: undefined,
      executorCount: 1,
      executorConcurrency: Math.max(4, availableParallelism()),
      scriptDir: undefined,
      scriptEnvNames: [],
      workflowBin: undefined,
      filesDir: undefined,
      walMode: 'fsync',
      memtxMemoryBytes: 1024 * MB,
      bodyLimitBytes: 4096 * MB,
      scan: 'simd',
      taskKeepS: 30 * 24 * 60 * 60,
      maxOpenTasks: 10_000,
      repeatS: 86_400,
      photosMemoryBytes: 128 * MB,
      votesToDecide: 3,
      caseHoldS: 1800,
      voteReward: 1,
      maxWatchers: 10_000,
      bodiesMemoryBytes: 400 * MB,
      logLevel: 'info',
      logFormat: 'auto',
      wings: ['census', 'work', 'traffic'],
      webProcesses: 1,
      projectDir,
      childEnvironment: {},
      tarantoolSettings: {
        SVODKA_WAL_MODE: 'fsync',
        SVODKA_MEMTX_MEMORY: String(1024 * MB),
        SVODKA_TASK_KEEP: String(30 * 24 * 60 * 60),
        SVODKA_VOTES: '3',
        SVODKA_ALARM_QUIET: '300',
        SVODKA_CASE_HOLD: '1800',
        SVODKA_VOTE_REWARD: '1',
        SVODKA_WINGS: 'census,work,traffic',
      },
      unknownNames: [],
    });
    assert.ok(workerCount >= 1 && workerCount <= 4);
  });

  it('may name a second Tarantool beside the first, not beside the embedded one', () => {
    const second = { SVODKA_REPLICA_URI: 'db2:3301' };
    const first = { SVODKA_TARANTOOL_URI: 'db1:3301', SVODKA_TARANTOOL_PASSWORD: SECRET };
    assert.deepEqual(readConfig({ ...first, ...second }).replicaAddress, { host: 'db2', port: 3301 });
    assert.match(complaintsOf(second).join(), /^SVODKA_REPLICA_URI needs SVODKA_TARANTOOL_URI/);
    assert.match(complaintsOf({ ...first, SVODKA_REPLICA_URI: 'db2' }).join(), /^SVODKA_REPLICA_URI must be host:port/);
  });

  it('may name several routers, which have no replica', () => {
    const routers = { SVODKA_TARANTOOL_URI: 'r1:3301, r2:3301', SVODKA_TARANTOOL_PASSWORD: SECRET };
    const addresses = [
      { host: 'r1', port: 3301 },
      { host: 'r2', port: 3301 },
    ];
    assert.deepEqual(readConfig(routers).tarantoolAddresses, addresses);
    assert.match(complaintsOf({ ...routers, SVODKA_REPLICA_URI: 'db2:3301' }).join(), /^SVODKA_REPLICA_URI needs one/);
    for (const uri of ['r1:3301,r2', ',']) {
      assert.match(complaintsOf({ ...routers, SVODKA_TARANTOOL_URI: uri }).join(), /^SVODKA_TARANTOOL_URI must be/);
    }
  });

  it('may name hosts that the service is called by, with or without a port', () => {
    assert.deepEqual(readConfig({ SVODKA_HOSTS: ' Svodka.example ,api.example:8443,[::2]:1,' }).hosts, [
      { name: 'svodka.example', port: undefined },
      { name: 'api.example', port: 8443 },
      { name: '[::2]', port: 1 },
    ]);
    for (const wrong of ['http://a', 'a/b', 'a b', 'a:x', 'a:65536', '::1', '[::1', 'a@b', '*"']) {
      assert.match(complaintsOf({ SVODKA_HOSTS: `fine.example,${wrong}` }).join(), /^SVODKA_HOSTS must be host names/);
    }
  });

  it('take what the environment says', () => {
    const config = readConfig({
      SVODKA_HOST: '::1',
      SVODKA_PORT: '0',
      SVODKA_DATA_DIR: 'elsewhere',
      SVODKA_TARANTOOL_BIN: '/opt/tarantool',
      SVODKA_TARANTOOL_USER: 'app',
      SVODKA_TARANTOOL_PASSWORD: SECRET,
      SVODKA_WAL_MODE: 'write',
      SVODKA_MEMTX_MEMORY: String(64 * MB),
      SVODKA_BODY_LIMIT: '1024',
      SVODKA_BODIES_MEMORY: '209715200',
      SVODKA_LOG_LEVEL: 'silent',
    });
    assert.equal(config.host, '::1');
    assert.equal(config.port, 0);
    assert.equal(config.dataDir, resolve('elsewhere'));
    assert.equal(config.tarantoolBin, '/opt/tarantool');
    assert.equal(config.tarantoolUser, 'app');
    assert.equal(config.tarantoolPassword, SECRET);
    assert.equal(config.walMode, 'write');
    assert.equal(config.memtxMemoryBytes, 64 * MB);
    assert.equal(config.bodyLimitBytes, 1024);
    assert.equal(config.bodiesMemoryBytes, 200 * MB);
    assert.equal(config.logLevel, 'silent');
  });

  it('of web processes: a number, or `auto` for one less than there are cores; they share the cores for their threads', () => {
    assert.equal(readConfig({ SVODKA_WEB_PROCESSES: 'auto' }).webProcesses, Math.max(1, availableParallelism() - 1));
    assert.equal(readConfig({ SVODKA_WEB_PROCESSES: '64' }).workerCount, 1);
    for (const wrong of ['0', '65', 'Auto', '1.5', 'constructor']) {
      assert.deepEqual(complaintsOf({ SVODKA_WEB_PROCESSES: wrong }), [
        `SVODKA_WEB_PROCESSES must be a whole number from 1 to 64 or auto, not "${wrong}"`,
      ]);
    }
  });

  it('of votes: an odd number, a time and a reward with up to six decimals', () => {
    const given = { SVODKA_VOTES: '5', SVODKA_CASE_HOLD: '2', SVODKA_VOTE_REWARD: '0.25' };
    const { tarantoolSettings } = readConfig(given);
    assert.deepEqual({ ...tarantoolSettings, ...given }, tarantoolSettings);
    for (const even of ['0', '2', '4', '-1', '1.5']) {
      assert.deepEqual(complaintsOf({ SVODKA_VOTES: even }), [
        `SVODKA_VOTES must be an odd number from 1 to 99, not "${even}"`,
      ]);
    }
    for (const wrong of ['-1', '1e3', '0.1234567', '.5', '1.', '1000001', 'x']) {
      assert.match(complaintsOf({ SVODKA_VOTE_REWARD: wrong }).join(), /^SVODKA_VOTE_REWARD must be a number from 0/);
    }
  });

  it('that are empty count as not set, as compose files write them', () => {
    const names = [
      'SVODKA_PORT',
      'SVODKA_HOST',
      'SVODKA_WAL_MODE',
      'SVODKA_TARANTOOL_URI',
      'SVODKA_TARANTOOL_PASSWORD',
    ];
    assert.deepEqual(readConfig(Object.fromEntries(names.map((name) => [name, '']))), readConfig({}));
  });

  it('tell the metrics beside the API only where that is on loopback, and else on a port of their own', () => {
    for (const host of ['127.0.0.1', '127.8.9.1', '::1', 'localhost']) {
      assert.equal(readConfig({ SVODKA_HOST: host }).hasMetricsBeside, true, host);
    }
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com']) {
      assert.equal(readConfig({ SVODKA_HOST: host }).hasMetricsBeside, false, host);
    }
    const own = readConfig({ SVODKA_METRICS_PORT: '9464' });
    assert.deepEqual(own.metricsAddress, { host: '127.0.0.1', port: 9464 });
    assert.equal(own.hasMetricsBeside, false);
    const open = readConfig({ SVODKA_METRICS_PORT: '9464', SVODKA_METRICS_HOST: '0.0.0.0' });
    assert.deepEqual(open.metricsAddress, { host: '0.0.0.0', port: 9464 });
    assert.deepEqual(complaintsOf({ SVODKA_METRICS_HOST: '::1' }), ['SVODKA_METRICS_HOST needs SVODKA_METRICS_PORT']);
  });

  it('cannot be changed once they are read', () => {
    const config = readConfig({});
    assert.ok(Object.isFrozen(config));
    assert.throws(() => Object.assign(config, { port: 1 }), TypeError);
  });

  it('show the Tarantool child no secret', () => {
    const env = { PATH: '/bin', HOME: '/root', SVODKA_TARANTOOL_PASSWORD: SECRET, AWS_SECRET_ACCESS_KEY: SECRET };
    const { childEnvironment, tarantoolSettings } = readConfig(env);
    assert.deepEqual(childEnvironment, { PATH: '/bin', HOME: '/root' });
    assert.doesNotMatch(JSON.stringify(tarantoolSettings), new RegExp(SECRET));
  });

  it('tell the Tarantool child what is for it, also what the service itself does not read', () => {
    const { tarantoolSettings } = readConfig({ SVODKA_WINGS: 'work', SVODKA_INSERT: 'plain', SVODKA_WAL_MODE: 'none' });
    assert.equal(tarantoolSettings['SVODKA_WINGS'], 'work');
    assert.equal(tarantoolSettings['SVODKA_INSERT'], 'plain');
    assert.equal(tarantoolSettings['SVODKA_WAL_MODE'], 'none');
  });

  it('name wings in any order and with blanks', () => {
    assert.deepEqual(readConfig({ SVODKA_WINGS: 'work' }).wings, ['work']);
    assert.deepEqual(readConfig({ SVODKA_WINGS: ' work , census,' }).wings, ['census', 'work']);
  });

  it('have a name of their own each, in the environment and in the program', () => {
    const tables = [COMMON, ...WINGS].map(({ settings }) => settings);
    const keys = tables.flatMap((table) => Object.keys(table));
    assert.equal(new Set(keys).size, keys.length);
    const names = Object.values(ALL_SETTINGS).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });

  it('that mean nothing are named, in case of a slip of the pen', () => {
    assert.deepEqual(readConfig({ SVODKA_PROT: '1', SVODKA_PORT: '1', OTHER: '1' }).unknownNames, ['SVODKA_PROT']);
    assert.deepEqual(readConfig({ SVODKA_URL: 'http://a', SVODKA_TARANTOOL_IMAGE: 'a' }).unknownNames, []);
  });
});

describe('a complaint about a setting', () => {
  const table: [name: string, value: string, complaint: RegExp, reason: string][] = [
    ['SVODKA_PORT', '65536', /whole number from 0 to 65535, not "65536"/, 'above the range'],
    ['SVODKA_PORT', '-1', /whole number/, 'below it'],
    ['SVODKA_PORT', '8080.5', /whole number/, 'not whole'],
    ['SVODKA_PORT', '8e3', /whole number/, 'another way to write it'],
    ['SVODKA_PORT', '0x50', /whole number/, 'another base'],
    ['SVODKA_PORT', ' 80', /whole number/, 'a blank'],
    ['SVODKA_PORT', 'http', /whole number/, 'a word'],
    ['SVODKA_METRICS_PORT', '65536', /whole number from 0 to 65535/, 'above the range'],
    ['SVODKA_BODY_LIMIT', '1023', /bytes from 1024 to 17592186044416/, 'below the range'],
    ['SVODKA_BODY_LIMIT', '17592186044417', /bytes from 1024 to 17592186044416/, 'above it'],
    ['SVODKA_BODIES_MEMORY', '1048576', /bytes from 104857600/, 'less than a few imports at once need'],
    ['SVODKA_BODY_LIMIT', '100MB', /whole number/, 'a unit'],
    ['SVODKA_MEMTX_MEMORY', '67108863', /bytes from 67108864/, 'less than Tarantool starts with'],
    ['SVODKA_MEMTX_MEMORY', '9'.repeat(400), /whole number/, 'beyond all numbers'],
    ['SVODKA_WAL_MODE', 'FSYNC', /one of fsync, write, none, not "FSYNC"/, 'another case'],
    [
      'SVODKA_LOG_LEVEL',
      'loud',
      /one of fatal, error, warn, info, debug, trace, silent, not "loud"/,
      'an unknown word',
    ],
    ['SVODKA_LOG_LEVEL', 'constructor', /one of fatal/, 'what every object has'],
    [
      'SVODKA_WINGS',
      'census,attic',
      /must be some of census, work, traffic, separated by commas/,
      'one that is not there',
    ],
    ['SVODKA_WINGS', ',', /must be some of census, work/, 'none'],
  ];
  for (const [name, value, complaint, reason] of table) {
    const shown = value.length > 40 ? `${value.slice(0, 8)}…` : value;
    it(`is made of ${name}=${shown}: ${reason}`, () => {
      const complaints = complaintsOf({ [name]: value });
      assert.equal(complaints.length, 1);
      assert.ok(complaints[0]?.startsWith(`${name} must be `), complaints[0]);
      assert.match(complaints[0] ?? '', complaint);
    });
  }

  it('is made of each wrong setting at once', () => {
    const complaints = complaintsOf({
      SVODKA_PORT: 'x',
      SVODKA_BODY_LIMIT: 'x',
      SVODKA_WAL_MODE: 'x',
      SVODKA_TARANTOOL_URI: 'x',
    });
    assert.deepEqual(
      complaints.map((complaint) => complaint.split(' ')[0]),
      ['SVODKA_PORT', 'SVODKA_BODY_LIMIT', 'SVODKA_TARANTOOL_URI', 'SVODKA_WAL_MODE', 'SVODKA_TARANTOOL_URI'],
    );
  });
});

describe('the address of a Tarantool that runs already', () => {
  const right: [uri: string, address: object, reason: string][] = [
    ['db:3301', { host: 'db', port: 3301 }, 'host and port'],
    ['tcp://db.example.com:1', { host: 'db.example.com', port: 1 }, 'with its scheme'],
    ['127.0.0.1:65535', { host: '127.0.0.1', port: 65_535 }, 'the last port'],
    ['[::1]:3301', { host: '::1', port: 3301 }, 'IPv6'],
    ['/run/t.sock', { path: '/run/t.sock' }, 'a path'],
    ['unix:/run/t.sock', { path: '/run/t.sock' }, 'a path with its scheme'],
    ['unix/:/run/t.sock', { path: '/run/t.sock' }, 'as Tarantool writes it'],
    ['unix:///run/t.sock', { path: '/run/t.sock' }, 'the same as a URL'],
    ['./t.sock', { path: resolve('t.sock') }, 'a path from here'],
  ];
  for (const [uri, address, reason] of right) {
    it(`may be ${uri}: ${reason}`, () => {
      const config = readConfig({ SVODKA_TARANTOOL_URI: uri, SVODKA_TARANTOOL_PASSWORD: SECRET });
      assert.deepEqual(config.tarantoolAddresses, [address]);
    });
  }

  const wrong: [uri: string, reason: string][] = [
    ['db', 'no port'],
    ['3301', 'no host'],
    [':3301', 'an empty host'],
    ['db:0', 'port 0 is none to connect to'],
    ['db:65536', 'no such port'],
    ['db:', 'an empty port'],
    ['http://db:3301', 'another protocol'],
    ['db:3301/x', 'a path behind'],
    [`svodka:${SECRET}@db:3301`, 'a password has a setting of its own'],
  ];
  for (const [uri, reason] of wrong) {
    it(`must not be ${uri}: ${reason}; the value is not repeated`, () => {
      const complaints = complaintsOf({ SVODKA_TARANTOOL_URI: uri, SVODKA_TARANTOOL_PASSWORD: SECRET });
      assert.deepEqual(complaints, ['SVODKA_TARANTOOL_URI must be host:port or the path of a Unix socket']);
    });
  }

  it('needs a password', () => {
    assert.deepEqual(complaintsOf({ SVODKA_TARANTOOL_URI: 'db:3301' }), [
      'SVODKA_TARANTOOL_URI needs SVODKA_TARANTOOL_PASSWORD or SVODKA_TARANTOOL_PASSWORD_FILE',
    ]);
  });
});

describe('the password', () => {
  const folder = makeFolder();
  const file = join(folder, 'password');

  it('comes from a file, without the line end that editors leave', () => {
    writeFileSync(file, `${SECRET}\n`);
    assert.equal(readConfig({ SVODKA_TARANTOOL_PASSWORD_FILE: file }).tarantoolPassword, SECRET);
  });

  it('of the environment goes before the file', () => {
    const env = { SVODKA_TARANTOOL_PASSWORD: 'nearer', SVODKA_TARANTOOL_PASSWORD_FILE: file };
    assert.equal(readConfig(env).tarantoolPassword, 'nearer');
  });

  it('of an empty file is none, which a Tarantool elsewhere does not take', () => {
    writeFileSync(file, '\n');
    assert.equal(readConfig({ SVODKA_TARANTOOL_PASSWORD_FILE: file }).tarantoolPassword, undefined);
    const complaints = complaintsOf({ SVODKA_TARANTOOL_URI: 'db:3301', SVODKA_TARANTOOL_PASSWORD_FILE: file });
    assert.equal(complaints.length, 1);
  });

  it('of a file that cannot be read is complained about, with the reason', () => {
    const complaint = (path: string) => complaintsOf({ SVODKA_TARANTOOL_PASSWORD_FILE: path });
    assert.deepEqual(complaint(join(folder, 'absent')), ['SVODKA_TARANTOOL_PASSWORD_FILE cannot be read: ENOENT']);
    mkdirSync(join(folder, 'folder'));
    assert.deepEqual(complaint(join(folder, 'folder')), ['SVODKA_TARANTOOL_PASSWORD_FILE cannot be read: EISDIR']);
  });

  it('is repeated in no complaint', () => {
    writeFileSync(file, SECRET);
    const env = { SVODKA_TARANTOOL_PASSWORD: SECRET, SVODKA_TARANTOOL_PASSWORD_FILE: file, SVODKA_PORT: 'x' };
    assert.doesNotMatch(complaintsOf(env).join('\n'), new RegExp(SECRET));
  });
});
