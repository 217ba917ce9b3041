import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { type RunningService, type ServiceOptions, startService } from './service.js';

/** Runs a service for the calling suite and checks that it stops cleanly. Use the result only within tests. */
export function useService(options: ServiceOptions = {}): Pick<RunningService, 'url' | 'port' | 'dataDir' | 'output'> {
  let service: RunningService | undefined;
  before(async () => {
    service = await startService(options);
  });
  after(async () => {
    assert.equal(await service?.stop(), 0, service?.output().slice(-2_000));
  });
  const running = (): RunningService => {
    if (service === undefined) throw new Error('the service runs only while the tests of its suite do');
    return service;
  };
  return {
    get url() {
      return running().url;
    },
    get port() {
      return running().port;
    },
    get dataDir() {
      return running().dataDir;
    },
    output: () => running().output(),
  };
}
