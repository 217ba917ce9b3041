/** A violation takes a few hundred; who sends a line without an end is not to fill the memory. */
const LONGEST_LINE = 1024 * 1024;

/**
 * The lines of a text in UTF-8 that comes in pieces, without their ends; the last needs none. Only `\n` ends a line:
 * Node's own readline would also end it at U+2028, which JSON may hold in a text.
 * @throws Error when a line has over 1 MiB, and what the stream fails with
 */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let begun = '';
  for await (const piece of pieces) {
    const lines = (begun + decoder.decode(piece, { stream: true })).split('\n');
    begun = lines.pop() as string;
    if (begun.length > LONGEST_LINE) throw new Error('the service sent a line that is too long');
    yield* lines;
  }
  begun += decoder.decode();
  if (begun !== '') yield begun;
}
