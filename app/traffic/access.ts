import { CAMERA_ROLE } from '../users/model/roles.js';

/** Who looks after cameras, their types and all cases. */
export const MANAGERS = { roles: ['manager'] } as const;
/** A camera sends cases of itself alone. */
export const CASE_SENDERS = { roles: ['manager', CAMERA_ROLE] } as const;
