import { RE2JS } from 're2js';

/** Instructions of a compiled pattern: matching takes at most so many steps for each character. */
const MAX_PROGRAM_SIZE = 500;
/** A record has 64 KiB at most; a text that is matched, fewer characters. */
export const MAX_MATCHED_LENGTH = 1_000;

/** Whether a whole text matches. O(text), whatever the pattern. */
type Pattern = (text: string) => boolean;

/**
 * Compiles a pattern in the syntax of RE2, which has no constructs whose matching takes more than linear time.
 * Undefined when it is none, or would be too large.
 */
export function compilePattern(source: string): Pattern | undefined {
  try {
    const compiled = RE2JS.compile(source);
    if (compiled.programSize() > MAX_PROGRAM_SIZE) return undefined;
    return (text) => compiled.testExact(text);
  } catch {
    return undefined;
  }
}
