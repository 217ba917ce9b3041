import type { CaseMember, Definition } from '../shapes/definition.js';

/** Lines of JSON to the process that evaluates expressions. A key is defined before it is used. */
export type ToProcess =
  | { define: string; expressions: Definition['case'] }
  | { id: number; key: string; record: unknown };

/** What the expressions gave, and why some failed. */
export type CaseParts = {
  values: Partial<Record<CaseMember, unknown>>;
  faults: Partial<Record<CaseMember, string>>;
};

/** Its lines. */
export type FromProcess = { ready: true } | ({ id: number } & CaseParts);
