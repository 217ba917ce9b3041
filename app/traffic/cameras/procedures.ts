import { read, write } from '../../db/procedure.js';

/** A row of the space `camera_types` (tarantool/migrations/011_cameras.lua). */
export type TypeTuple = [name: string, version: number, definition: string, createdAt: number, updatedAt: number];

/** A row of the space `cameras`. */
export type CameraTuple = [
  id: string,
  latitude: number,
  longitude: number,
  type: string,
  description: string,
  enabled: boolean,
  createdAt: number,
  tokenId?: number | null,
];

export const CAMERA_PROCEDURES = {
  listCameraTypes: read<[], [catalogVersion: number, types: TypeTuple[]]>('svodka.cameras.types'),
  /** Newest first. */
  listTypeVersions: read<
    [name: string, below: number | null, limit: number],
    [versions: [version: number, definition: string, createdAt: number, by: string][]]
  >('svodka.cameras.type_versions'),
  catalogVersion: read<[], [catalogVersion: number]>('svodka.cameras.catalog_version'),
  putCameraType: write<[name: string, definition: string, by: string], [type: TypeTuple, isNew: boolean]>(
    'svodka.cameras.put_type',
  ),
  deleteCameraType: write<[name: string], []>('svodka.cameras.delete_type'),
  /** Newest first. */
  recentRecords: read<
    [type: string, before: number | null, limit: number],
    [cases: [no: number, caseId: string, record: string][]]
  >('svodka.cameras.recent_records'),
  registerCamera: write<
    [camera: readonly [id: string, latitude: number, longitude: number, type: string, description: string]],
    [camera: CameraTuple]
  >('svodka.cameras.register'),
  getCamera: read<[id: string], [camera: CameraTuple]>('svodka.cameras.get'),
  listCameras: read<
    [filter: { readonly type?: string }, after: readonly [createdAt: number, id: string] | null, limit: number],
    [cameras: CameraTuple[]]
  >('svodka.cameras.list'),
  updateCamera: write<
    [
      id: string,
      changes: {
        readonly latitude?: number;
        readonly longitude?: number;
        readonly type?: string;
        readonly description?: string;
        readonly enabled?: boolean;
      },
    ],
    [camera: CameraTuple]
  >('svodka.cameras.update'),
  deleteCamera: write<[id: string], []>('svodka.cameras.delete'),
  setCameraToken: write<[id: string, hash: string], []>('svodka.cameras.set_token'),
} as const;
