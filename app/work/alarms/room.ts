import type { Parts, Room } from '../../room.js';
import { alarmMethods } from './methods.js';
import { createAlarmsRepository } from './repository.js';
import { alarmRoutes } from './routes.js';
import { createAlarmsService } from './service.js';

/** What looks wrong, as tasks and programs report it. */
export function createAlarmsRoom({ db, streams }: Parts): Room {
  const service = createAlarmsService(createAlarmsRepository(db));
  return {
    routes: alarmRoutes(service, streams),
    methods: alarmMethods(service),
    metrics: [
      {
        name: 'svodka_alarms_open',
        help: 'Alarms that are open.',
        kind: 'gauge',
        read: (database) => database?.rooms.get('alarms')?.get('open'),
      },
      {
        name: 'svodka_alarm_followers',
        help: 'Streams of events of alarms that are open.',
        kind: 'gauge',
        read: service.followerCount,
      },
    ],
  };
}
