import { CAMERA_ROLE } from '../users/model/roles.js';

/** Who looks after cameras, their types and all cases. */
export const MANAGERS = { roles: ['manager'] } as const;
/** A camera sends cases of itself alone. */
export const CASE_SENDERS = { roles: ['manager', CAMERA_ROLE] } as const;
/** Who votes. */
export const SPECIALISTS = { roles: ['specialist'] } as const;
/** What open cases wait for. */
export const VOTE_VIEWERS = { roles: ['manager', 'specialist'] } as const;
/** A specialist sees the photo of the case at hand. */
export const PHOTO_VIEWERS = { roles: ['manager', 'specialist'] } as const;
