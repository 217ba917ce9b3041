import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { NIGHTLY_ONLY } from '../support/deploy/nightly_only.js';
import { run } from '../support/deploy/run.js';
import { makeFolder, projectDir } from '../support/folder.js';
import { makeScript } from '../support/programs.js';

type Service = {
  command?: string[];
  environment: Record<string, string>;
  image: string;
  ports?: string[];
  profiles?: string[];
  volumes: string[];
};
type Composed = { services: Record<string, Service> };

/** What compose makes of a file. It reads YAML and answers YAML; Ansible's Python turns that into JSON. */
async function composed(dir: string, env: Record<string, string> = {}): Promise<Composed> {
  const text = await run('docker-compose', ['--project-name', 'test', 'config'], { cwd: dir, env });
  const file = join(makeFolder(), 'composed.yml');
  writeFileSync(file, text);
  const toJson = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1])), default=str))';
  return JSON.parse(await run('python3', ['-c', toJson, file]));
}

describe('docker-compose.yml with the profile shards', () => {
  const env = {
    COMPOSE_PROFILES: 'shards',
    SVODKA_SHARDS: '/etc/svodka/topology.json',
    SVODKA_SHARDS_PASSWORD_FILE: '/run/secrets/shards_password',
    SVODKA_TARANTOOL_URI: 'router:3301',
    TARANTOOL_VSHARD: '0.1.42',
  };

  it('has each instance of topology.json as a service, and a router that the service uses', async () => {
    const { services } = await composed(projectDir, env);
    const topology = JSON.parse(readFileSync(join(projectDir, 'topology', 'topology.json'), 'utf8'));
    const named = Object.values<{ instances: Record<string, string> }>(topology.sets).map((set) => set.instances);
    for (const instances of named) {
      for (const [name, address] of Object.entries(instances)) {
        const service = services[address.replace(':3301', '')];
        assert.equal(service?.environment['SVODKA_INSTANCE'], name, address);
        assert.equal(service?.environment['SVODKA_SHARDS'], env.SVODKA_SHARDS);
        assert.equal(service?.ports, undefined, 'nothing of it is published');
      }
      const [first, second] = Object.values(instances) as [string, string];
      assert.equal(services[second.replace(':3301', '')]?.environment['SVODKA_PEER'], first);
      assert.equal(services[second.replace(':3301', '')]?.environment['SVODKA_STANDBY'], '1');
    }
    assert.deepEqual(services['router']?.command, ['tarantool', '/opt/svodka/tarantool/router.lua']);
    assert.equal(services['router']?.ports, undefined);
    assert.equal(services['web']?.environment['SVODKA_TARANTOOL_URI'], 'router:3301');
  });

  it('has a single node as before without it', async () => {
    const { services } = await composed(projectDir);
    // Version 1 of compose lists the services of all profiles.
    const started = Object.entries(services).filter(([, { profiles }]) => profiles === undefined);
    assert.deepEqual(started.map(([name]) => name).sort(), ['init', 'tarantool', 'web']);
    const { environment } = services['tarantool'] as Service;
    for (const name of ['SVODKA_SHARDS', 'SVODKA_SHARDS_PASSWORD_FILE']) assert.equal(environment[name], '');
    assert.equal(services['web']?.environment['SVODKA_TARANTOOL_URI'], 'tarantool:3301');
  });
});

describe('what Ansible renders for a cluster', () => {
  const place = makeFolder();
  const hosts = {
    set_one: {
      'db-1.lan': { svodka_shard_address: '10.0.0.1:3301', svodka_set_weight: 2 },
      'db-2.lan': { svodka_shard_address: '10.0.0.2:3301' },
    },
    set_two: { 'db-3.lan': { svodka_shard_address: '10.0.0.3:3301', svodka_instance: 'third' } },
  };
  const read = (host: string, name: string) => readFileSync(join(place, host, name), 'utf8');

  before(async () => {
    const group = (each: Record<string, object>) => ({ hosts: each });
    const inventory = {
      shards: { children: { set_one: group(hosts.set_one), set_two: group(hosts.set_two) } },
      fronts: { hosts: { front: {} } },
      all: {
        vars: {
          ansible_connection: 'local',
          svodka_shard_uuids: { one: '5e5b1a35-2f9b-4a36-8c23-6f5f6f0a1b2c' },
          ...{ svodka_tarantool_ref: 'svodka-tarantool:abc', svodka_web_ref: 'svodka-web:abc' },
          ...{ svodka_password: 'a', svodka_shards_password: 'never in a file of settings' },
        },
      },
    };
    const template = (src: string, dest: string) => ({
      'ansible.builtin.template': { src: `${projectDir}/ansible/roles/svodka/templates/${src}`, dest },
    });
    const into = (name: string) => join(place, '{{ inventory_hostname }}', name);
    // The role is there for its variables alone.
    const play = (hosts_: string, src: string) => ({
      hosts: hosts_,
      gather_facts: false,
      roles: [{ role: join(projectDir, 'ansible', 'roles', 'svodka'), when: false }],
      tasks: [template('topology.json.j2', into('topology.json')), template(src, into('docker-compose.yml'))],
    });
    writeFileSync(join(place, 'inventory.json'), JSON.stringify(inventory));
    writeFileSync(
      join(place, 'play.json'),
      JSON.stringify([play('shards', 'docker-compose.storage.yml.j2'), play('fronts', 'docker-compose.front.yml.j2')]),
    );
    for (const host of ['db-1.lan', 'db-2.lan', 'db-3.lan', 'front']) mkdirSync(join(place, host));
    await run('ansible-playbook', ['--inventory', join(place, 'inventory.json'), join(place, 'play.json')]);
  });

  it('is the same topology everywhere, of the groups', () => {
    const expected = {
      ...{ bucket_count: 3000, user: 'shard', first: 'one' },
      sets: {
        one: { weight: 2, instances: { 'db-1-lan': '10.0.0.1:3301', 'db-2-lan': '10.0.0.2:3301' } },
        two: { weight: 1, instances: { third: '10.0.0.3:3301' } },
      },
      uuids: { one: '5e5b1a35-2f9b-4a36-8c23-6f5f6f0a1b2c' },
    };
    for (const host of ['db-1.lan', 'db-3.lan', 'front'])
      assert.deepEqual(JSON.parse(read(host, 'topology.json')), expected);
  });

  it('is a storage at its address, with the other instance of its set as its peer', async () => {
    const { storage } = (await composed(join(place, 'db-2.lan'))).services;
    const { SVODKA_INSTANCE, SVODKA_PEER, SVODKA_STANDBY } = storage?.environment ?? {};
    assert.deepEqual([SVODKA_INSTANCE, SVODKA_PEER, SVODKA_STANDBY], ['db-2-lan', '10.0.0.1:3301', '1']);
    assert.deepEqual(storage?.ports, ['10.0.0.2:3301:3301/tcp']);
    const alone = (await composed(join(place, 'db-3.lan'))).services['storage']?.environment;
    assert.deepEqual([alone?.['SVODKA_PEER'], alone?.['SVODKA_STANDBY']], ['', '0']);
  });

  it('is a service whose database is the router, and no password but in files', async () => {
    const { web, router } = (await composed(join(place, 'front'))).services;
    assert.equal(web?.environment['SVODKA_TARANTOOL_URI'], 'router:3301');
    assert.equal(router?.environment['SVODKA_SHARDS_PASSWORD_FILE'], '/run/secrets/shards_password');
    for (const host of ['db-1.lan', 'front']) {
      assert.doesNotMatch(read(host, 'docker-compose.yml'), /never in a file of settings/);
    }
  });
});

describe('the playbooks of a cluster', () => {
  for (const name of ['site', 'add-set', 'backup']) {
    it(`${name}.yml is read without an error`, async () => {
      const args = [
        '--inventory',
        'inventory.example.yml',
        `${name}.yml`,
        '--syntax-check',
        '-e',
        'svodka_new_set=two',
      ];
      await run('ansible-playbook', args, { cwd: join(projectDir, 'ansible') });
    });
  }
});

/** Answers as an engine with a healthy storage in each folder; which one is the primary is in the file `role` there. */
const DOCKER = [
  'echo "$(basename "$(dirname "$PWD")"): $*" >> "$SVODKA_TEST_LOG"',
  'case "$*" in',
  '  *svodka-health*) echo "schema 13, Tarantool 2.11, $(cat role) of term 1" ;;',
  '  *svodka-takeover*) echo primary > role ;;',
  '  *svodka-backup*) echo /var/backups/svodka/svodka-20280101T000000Z ;;',
  '  ps*) echo storage ;;',
  'esac',
];

describe('a rollout of storages', () => {
  const place = makeFolder();
  const log = join(place, 'docker.log');
  const vars: Record<string, unknown> = {
    ansible_connection: 'local',
    svodka_source_dir: projectDir,
    ...{
      svodka_password: 'a',
      svodka_replication_password: 'b',
      svodka_executor_password: 'c',
      svodka_shards_password: 'd',
    },
  };
  const host = (name: string, port: number) => ({
    [name]: { svodka_dir: join(place, name), svodka_shard_address: `127.0.0.1:${port}` },
  });
  const sets: Record<string, object> = { set_one: { hosts: { ...host('a1', 1), ...host('a2', 2) } } };

  /** Plays a playbook without the role that installs an engine. Returns what docker was asked for. */
  async function play(name: string, extra: object = {}): Promise<string[]> {
    const inventory = join(place, 'inventory.json');
    writeFileSync(inventory, JSON.stringify({ all: { vars }, shards: { children: sets } }));
    writeFileSync(log, '');
    const bin = dirname(makeScript('docker', DOCKER));
    const args = ['--inventory', inventory, `${name}.yml`, '--extra-vars', JSON.stringify(extra)];
    await run('ansible-playbook', args, {
      cwd: join(projectDir, 'ansible'),
      env: { PATH: `${bin}:${process.env['PATH']}`, SVODKA_TEST_LOG: log },
    });
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    return lines.filter((line) => / (up|exec) /.test(line)).map((line) => line.replace(/compose .*?(up|exec) /, '$1 '));
  }
  const setRole = (name: string, role: string) => {
    mkdirSync(join(place, name, 'cluster'), { recursive: true });
    writeFileSync(join(place, name, 'cluster', 'role'), role);
  };

  before(() => {
    setRole('a1', 'primary');
    setRole('a2', 'replica');
  });

  it('replaces a primary after the other instance has taken over, and never both at once', async () => {
    const asked = (await play('site')).filter((line) => / up |takeover/.test(line));
    assert.deepEqual(asked, [
      'a2: exec -T storage svodka-takeover',
      'a1: up --detach --no-build storage',
      'a2: up --detach --no-build storage',
    ]);
  });

  it('changes nothing when it is run again', { skip: NIGHTLY_ONLY }, async () => {
    const asked = await play('site');
    assert.deepEqual(
      asked.filter((line) => /takeover|reload/.test(line)),
      [],
    );
  });

  it('of a new set starts that set, and lets the others read the topology', { skip: NIGHTLY_ONLY }, async () => {
    sets['set_two'] = { hosts: host('b1', 3) };
    setRole('b1', 'primary');
    const asked = (await play('add-set', { svodka_new_set: 'two' })).filter((line) => / up |reload/.test(line));
    assert.deepEqual(asked.toSorted(), [
      'a1: exec -T storage svodka-shards reload',
      'a2: exec -T storage svodka-shards reload',
      'b1: exec -T storage svodka-shards reload',
      'b1: up --detach --no-build storage',
    ]);
    assert.match(readFileSync(join(place, 'a1', 'topology', 'topology.json'), 'utf8'), /"two"/);
  });

  it('saves the primary of each set while the rebalancer is off on all', { skip: NIGHTLY_ONLY }, async () => {
    setRole('a1', 'replica');
    const asked = await play('backup');
    const kinds = asked.map((line) => /rebalancer off|rebalancer on|svodka-backup/.exec(line)?.[0]).filter(Boolean);
    assert.deepEqual(kinds, [
      ...Array(3).fill('rebalancer off'),
      ...Array(2).fill('svodka-backup'),
      ...Array(3).fill('rebalancer on'),
    ]);
    assert.deepEqual(
      asked
        .filter((line) => line.includes('svodka-backup'))
        .map((line) => line.slice(0, 2))
        .toSorted(),
      ['a2', 'b1'],
    );
  });
});
