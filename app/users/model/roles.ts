/** What a user may be; docs/security.md says what each may do. */
export const ROLES = ['user', 'operator', 'specialist', 'manager', 'admin', 'reader', 'supplier'] as const;

/** What a camera with its token is; no user can be one. */
export const CAMERA_ROLE = 'camera';

export type Role = (typeof ROLES)[number] | typeof CAMERA_ROLE;

/** What a registered user begins with. */
export const FIRST_ROLES: readonly Role[] = ['user'];

/** Roles that come with another. */
const INCLUDED: Readonly<Partial<Record<Role, readonly Role[]>>> = { supplier: ['reader'] };

/** Whether one of the roles that somebody has is wanted. An admin may do everything. */
export function hasOneOf(roles: readonly Role[], wanted: readonly Role[]): boolean {
  return roles.some(
    (role) =>
      role === 'admin' || wanted.includes(role) || INCLUDED[role]?.some((each) => wanted.includes(each)) === true,
  );
}
