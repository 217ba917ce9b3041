/** A page of a log. Places are in bytes. */
export type LogPage = { text: string; from: number; next: number; ended: boolean };
