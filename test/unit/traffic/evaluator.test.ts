import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { createEvaluator } from '../../../app/traffic/cameras/expressions/evaluator.js';
import { CASE_MEMBERS, type Definition } from '../../../app/traffic/cameras/shapes/definition.js';
import { hasEnded } from '../../support/processes.js';
import { until } from '../../support/until.js';

function expressions(text: string): Definition['case'] {
  return Object.fromEntries(CASE_MEMBERS.map((member) => [member, text])) as Definition['case'];
}

function childPids(): number[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

describe('the evaluator of expressions', () => {
  const evaluator = createEvaluator();
  after(() => evaluator.close());

  const transportOf = async (key: string, text: string, record: unknown) => {
    const made = await evaluator.evaluate(key, expressions(text), record);
    return 'overrun' in made ? made.overrun : (made.values.transport ?? made.faults.transport);
  };

  it('answers each record with its own values', async () => {
    const texts = await Promise.all(Array.from({ length: 200 }, (_, i) => transportOf('a', 'n & "!"', { n: i })));
    assert.deepEqual(
      texts,
      Array.from({ length: 200 }, (_, i) => `${i}!`),
    );
  });

  it('tells why an expression failed, and cuts what is too long', async () => {
    assert.equal(await transportOf('b', '$error("no")', {}), 'no');
    assert.equal(String(await transportOf('c', '$pad("", 5000, "x")', {})).length, 1_000);
  });

  it('ends one that runs on, and answers the others that were waiting', async () => {
    const endless = transportOf('d', '($f := function($n) { $f($n + 1) }; $f(0))', {});
    const others = Promise.all(Array.from({ length: 40 }, (_, i) => transportOf('n', 'n', { n: String(i) })));
    assert.equal(await endless, 'time');
    assert.deepEqual(
      await others,
      Array.from({ length: 40 }, (_, i) => String(i)),
    );
  });

  it('goes on when a process is killed by somebody else', async () => {
    for (const pid of childPids()) process.kill(pid, 'SIGKILL');
    assert.equal(await transportOf('n', 'n', { n: 'there' }), 'there');
  });

  it('leaves no process when it is closed, also when one runs on', async () => {
    const closed = createEvaluator();
    const before = new Set(childPids());
    void closed.evaluate('d', expressions('($f := function($n) { $f($n + 1) }; $f(0))'), {}).catch(() => {});
    const own = await until('its processes are there', () => {
      const pids = childPids().filter((pid) => !before.has(pid));
      return pids.length === 2 && pids;
    });
    closed.close();
    await until('they have ended', () => own.every(hasEnded));
  });
});
