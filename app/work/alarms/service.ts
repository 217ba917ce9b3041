import { createChangeFeed } from '../../db/change_feed.js';
import { type AlarmFollow, createAlarmFollow } from './follow.js';
import type { AlarmsRepository, Signal, SignalAnswer } from './repository.js';
import { createSignalQueue } from './signal_queue.js';

/** All methods throw ServiceError. */
export type AlarmsService = Pick<AlarmsRepository, 'ack' | 'list' | 'history'> &
  AlarmFollow & {
    /** Resolves once the signal is stored. */
    signal(signal: Signal): Promise<SignalAnswer>;
  };

export function createAlarmsService(repository: AlarmsRepository): AlarmsService {
  const { ack, list, history } = repository;
  return {
    ...{ ack, list, history },
    ...createAlarmFollow(createChangeFeed(repository.changes), repository.since),
    signal: createSignalQueue(repository.signal),
  };
}
