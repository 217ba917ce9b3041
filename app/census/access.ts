import type { Access } from '../http/access.js';

/** Reads imports and what is made of them; everybody does where only the other wings are protected. */
export const READERS: Access = { roles: ['reader', 'supplier'], onlyWithAuth: 'all' };

/** Stores, changes and deletes them. */
export const SUPPLIERS: Access = { roles: ['supplier'], onlyWithAuth: 'all' };
