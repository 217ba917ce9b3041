import type { Violation } from '../../../errors.js';

/** About 100,000 violations; further ones are counted but not listed. */
const MAX_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;

/** All violations of an import as lines of JSON: `{line, byteOffset, pointer, code, detail, peer}`. */
type ViolationReport = {
  add(violation: Violation): void;
  /** The lines; each piece has memory of its own. */
  finish(): Uint8Array<ArrayBuffer>[];
  heldBytes(): number;
};

export function createViolationReport(): ViolationReport {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let lines: string[] = [];
  let pieceBytes = 0;
  let totalBytes = 0;
  let encodedBytes = 0;

  function endPiece(): void {
    if (lines.length === 0) return;
    const piece = new TextEncoder().encode(lines.join(''));
    pieces.push(piece);
    encodedBytes += piece.length;
    lines = [];
    pieceBytes = 0;
  }

  return {
    add({ line, byteOffset, pointer, code, detail, peer }) {
      if (totalBytes >= MAX_BYTES) return;
      const text = `${JSON.stringify({ line, byteOffset, pointer, code, detail, peer })}\n`;
      lines.push(text);
      pieceBytes += text.length;
      totalBytes += text.length;
      if (pieceBytes >= PIECE_BYTES) endPiece();
    },
    finish() {
      endPiece();
      return pieces;
    },
    heldBytes: () => encodedBytes + 2 * pieceBytes,
  };
}
