/** What is fixed of a case from its record, as it is stored and as it is asked to be. */
type RecordMembers = [
  caseId: string,
  transport: string,
  cameraId: string,
  violationId: string,
  violationValue: string,
  skillValue: number,
  timestamp: number,
];

/** `sentBy`: a user's name, or empty for the camera itself. */
type OriginMembers = [
  type: string,
  version: number,
  photoHash: string,
  photoBytes: number,
  photoType: string,
  digest: string,
  sentBy: string,
];

/** A row of the space `cases` (tarantool/migrations/011_cameras.lua). */
export type CaseTuple = [
  no: number,
  ...RecordMembers,
  status: string,
  statusAt: number,
  createdAt: number,
  ...OriginMembers,
];

/** What is stored of a new case. */
export type NewCaseTuple = readonly [...RecordMembers, ...OriginMembers];
