import type { CaseMember } from '../../../app/traffic/cameras/shapes/definition.js';

export const CAMERA_ID = '104fc08a-efb6-427f-9193-2d54e4d3e127';
export const VIOLATION_ID = 'de1635a7-fd92-47a6-9b78-82bb0d41ce71';

/** As a camera of the predecessor sent it: the record below in the binary form. */
export const CAMERUS1_HEX = `00ff 000f000300 7472616e73706f72745f6368617273 414243
  0011000300 7472616e73706f72745f6e756d62657273 313233 0010000200 7472616e73706f72745f726567696f6e 3737
  0009002400 63616d6572615f6964 31303466633038612d656662362d343237662d393139332d326435346534643365313237
  000c002400 76696f6c6174696f6e5f6964 64653136333561372d666439322d343761362d396237382d383262623064343163653731
  000f000600 76696f6c6174696f6e5f76616c7565 36326b6d2f68 000b000101 736b696c6c5f76616c7565 01
  0008001900 6461746574696d65 323032342d30312d30315430303a30303a30302b30303a3030`;

export const CAMERUS1_RECORD = {
  transport_chars: 'ABC',
  transport_numbers: '123',
  transport_region: '77',
  camera_id: CAMERA_ID,
  violation_id: VIOLATION_ID,
  violation_value: '62km/h',
  skill_value: 1,
  datetime: '2024-01-01T00:00:00+00:00',
};

export const CAMERUS2_RECORD = {
  transport: { chars: 'ABC', numbers: '123', transport_region: '77' },
  camera: { id: CAMERA_ID },
  violation: { id: VIOLATION_ID, value: '62km/h' },
  skill: { value: 1 },
  datetime: { year: 2024, month: 1, day: 1, hour: 0, minute: 0, seconds: 0, utf_offset: '+00:00' },
};

export const CAMERUS3_RECORD = {
  transport: '1ABC2377',
  camera: { id: CAMERA_ID },
  violation: { id: VIOLATION_ID, value: '62km/h' },
  skill: 1,
  datetime: 1_704_067_200,
};

/** What each of the three means. */
export const CASE_OF_RECORDS: Readonly<Record<CaseMember, unknown>> = {
  transport: '1ABC2377',
  camera_id: CAMERA_ID,
  violation_id: VIOLATION_ID,
  violation_value: '62km/h',
  skill_value: 1,
  timestamp: 1_704_067_200,
};
