/** What usernames and passwords may be. Lengths are in Unicode code points. */
export const MIN_USERNAME_LENGTH = 1;
export const MAX_USERNAME_LENGTH = 150;
export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 128;

/** ASCII alone: no two names look alike. The empty text matches, its fault is its length. */
const USERNAME = /^[A-Za-z0-9@.+_-]*$/;
export const USERNAME_PATTERN = USERNAME.source;

/** Whether a user can have this name. */
export function isUsername(text: string): boolean {
  return text.length >= MIN_USERNAME_LENGTH && text.length <= MAX_USERNAME_LENGTH && USERNAME.test(text);
}
